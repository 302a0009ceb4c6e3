package dynaseal;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.File;
import java.util.Arrays;
import java.util.Map;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.cryptography.dbencryptionsdk.dynamodb.itemencryptor.DynamoDbItemEncryptor;
import software.amazon.cryptography.dbencryptionsdk.dynamodb.itemencryptor.model.DecryptItemInput;
import software.amazon.cryptography.dbencryptionsdk.dynamodb.itemencryptor.model.EncryptItemInput;

/** Prints median microseconds to seal and to open an item, as JSON. Usage: Speed IN WARM_UP COUNT, where IN has {config, item} */
public final class Speed {
  public static void main(String[] arguments) throws Exception {
    JsonNode input = new ObjectMapper().readTree(new File(arguments[0]));
    Cloud nowhere = new Cloud("http://127.0.0.1:1");
    DynamoDbItemEncryptor encryptor = new Tables(nowhere, new Keyrings(nowhere)).encryptor(input.get("config"));
    EncryptItemInput plain = EncryptItemInput.builder().plaintextItem(Items.read(input.get("item"))).build();
    int warmUp = Integer.parseInt(arguments[1]);
    int count = Integer.parseInt(arguments[2]);
    double[] seal = new double[count];
    double[] open = new double[count];
    for (int i = -warmUp; i < count; i++) {
      long start = System.nanoTime();
      Map<String, AttributeValue> sealed = encryptor.EncryptItem(plain).encryptedItem();
      long between = System.nanoTime();
      encryptor.DecryptItem(DecryptItemInput.builder().encryptedItem(sealed).build());
      long end = System.nanoTime();
      if (i < 0) continue;
      seal[i] = (between - start) / 1e3;
      open[i] = (end - between) / 1e3;
    }
    System.out.printf("{\"seal\":%.1f,\"open\":%.1f}%n", median(seal), median(open));
  }

  private static double median(double[] values) {
    Arrays.sort(values);
    return values[values.length / 2];
  }
}
