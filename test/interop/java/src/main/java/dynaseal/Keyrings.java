package dynaseal;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import software.amazon.cryptography.keystore.KeyStore;
import software.amazon.cryptography.keystore.model.KMSConfiguration;
import software.amazon.cryptography.keystore.model.KeyStoreConfig;
import software.amazon.cryptography.materialproviders.IKeyring;
import software.amazon.cryptography.materialproviders.MaterialProviders;
import software.amazon.cryptography.materialproviders.model.*;

/** The official keyrings. */
final class Keyrings {
  private static final MaterialProviders PROVIDERS =
    MaterialProviders.builder().MaterialProvidersConfig(MaterialProvidersConfig.builder().build()).build();
  private final Cloud cloud;

  Keyrings(Cloud cloud) { this.cloud = cloud; }

  /** {"aes": [{namespace, name, key}]}, {"mrk": {arn, region}} or {"branchKey": {id, keyStore}} */
  IKeyring keyring(JsonNode options) {
    if (options.has("aes")) return aes(options.get("aes"));
    if (options.has("mrk")) {
      JsonNode mrk = options.get("mrk");
      return PROVIDERS.CreateAwsKmsMrkKeyring(CreateAwsKmsMrkKeyringInput.builder()
        .kmsKeyId(text(mrk, "arn")).kmsClient(cloud.kms(text(mrk, "region"))).build());
    }
    JsonNode branchKey = options.get("branchKey");
    return PROVIDERS.CreateAwsKmsHierarchicalKeyring(CreateAwsKmsHierarchicalKeyringInput.builder()
      .keyStore(keyStore(branchKey.get("keyStore"))).branchKeyId(text(branchKey, "id")).ttlSeconds(600).build());
  }

  /** {table, logicalName, arn, region} */
  KeyStore keyStore(JsonNode options) {
    String region = text(options, "region");
    return KeyStore.builder().KeyStoreConfig(KeyStoreConfig.builder()
      .ddbTableName(text(options, "table")).logicalKeyStoreName(text(options, "logicalName"))
      .ddbClient(cloud.dynamodb(region)).kmsClient(cloud.kms(region))
      .kmsConfiguration(KMSConfiguration.builder().kmsMRKeyArn(text(options, "arn")).build()).build()).build();
  }

  private static IKeyring aes(JsonNode keys) {
    List<IKeyring> keyrings = new ArrayList<>();
    for (JsonNode key : keys) {
      keyrings.add(PROVIDERS.CreateRawAesKeyring(CreateRawAesKeyringInput.builder()
        .keyNamespace(text(key, "namespace")).keyName(text(key, "name"))
        .wrappingKey(ByteBuffer.wrap(HexFormat.of().parseHex(text(key, "key"))))
        .wrappingAlg(AesWrappingAlg.ALG_AES256_GCM_IV12_TAG16).build()));
    }
    if (keyrings.size() == 1) return keyrings.get(0);
    return PROVIDERS.CreateMultiKeyring(CreateMultiKeyringInput.builder()
      .generator(keyrings.get(0)).childKeyrings(keyrings.subList(1, keyrings.size())).build());
  }

  private static String text(JsonNode node, String name) { return node.get(name).textValue(); }
}
