package dynaseal;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import software.amazon.cryptography.dbencryptionsdk.dynamodb.model.*;

/**
 * How the official release is told of beacons: {branchKeyId or keyFieldName, keyStore, standard: [{name, length, loc?, style?, other?}],
 * virtual?: [{name, parts: [{loc, lower?}]}]}
 */
final class Search {
  private Search() {}

  static SearchConfig config(JsonNode search, Keyrings keyrings) {
    List<StandardBeacon> standard = new ArrayList<>();
    for (JsonNode beacon : search.get("standard")) {
      StandardBeacon.Builder builder = StandardBeacon.builder().name(text(beacon, "name")).length(beacon.get("length").intValue());
      if (beacon.has("loc")) builder.loc(text(beacon, "loc"));
      if (beacon.has("style")) builder.style(style(beacon));
      standard.add(builder.build());
    }
    BeaconVersion.Builder version = BeaconVersion.builder().version(1).standardBeacons(standard)
      .keyStore(keyrings.keyStore(search.get("keyStore"))).keySource(source(search));
    if (search.has("virtual")) version.virtualFields(virtual(search.get("virtual")));
    return SearchConfig.builder().writeVersion(1).versions(List.of(version.build())).build();
  }

  private static BeaconKeySource source(JsonNode search) {
    return search.has("keyFieldName")
      ? BeaconKeySource.builder().multi(MultiKeyStore.builder().keyFieldName(text(search, "keyFieldName")).cacheTTL(600).build()).build()
      : BeaconKeySource.builder().single(SingleKeyStore.builder().keyId(text(search, "branchKeyId")).cacheTTL(600).build()).build();
  }

  private static BeaconStyle style(JsonNode beacon) {
    BeaconStyle.Builder builder = BeaconStyle.builder();
    return switch (text(beacon, "style")) {
      case "asSet" -> builder.asSet(AsSet.builder().build()).build();
      case "shared" -> builder.shared(Shared.builder().other(text(beacon, "other")).build()).build();
      case "sharedSet" -> builder.sharedSet(SharedSet.builder().other(text(beacon, "other")).build()).build();
      default -> throw new IllegalArgumentException(beacon.toString());
    };
  }

  private static List<VirtualField> virtual(JsonNode fields) {
    List<VirtualField> all = new ArrayList<>();
    for (JsonNode field : fields) {
      List<VirtualPart> parts = new ArrayList<>();
      for (JsonNode part : field.get("parts")) {
        VirtualPart.Builder builder = VirtualPart.builder().loc(text(part, "loc"));
        if (part.has("lower")) builder.trans(List.of(VirtualTransform.builder().lower(Lower.builder().build()).build()));
        parts.add(builder.build());
      }
      all.add(VirtualField.builder().name(text(field, "name")).parts(parts).build());
    }
    return all;
  }

  private static String text(JsonNode node, String name) { return node.get(name).textValue(); }
}
