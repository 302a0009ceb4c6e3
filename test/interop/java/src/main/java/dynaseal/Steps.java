package dynaseal;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.File;
import java.util.Map;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.cryptography.dbencryptionsdk.dynamodb.itemencryptor.DynamoDbItemEncryptor;
import software.amazon.cryptography.dbencryptionsdk.dynamodb.itemencryptor.model.DecryptItemInput;
import software.amazon.cryptography.dbencryptionsdk.dynamodb.itemencryptor.model.EncryptItemInput;
import software.amazon.cryptography.keystore.model.CreateKeyInput;

/**
 * Does the steps of a file one after the other, with the official release, and writes what became of each: {"item"},
 * {"items"}, {"branchKeyId"} or {"error"}. Usage: Steps ENDPOINT IN OUT
 */
public final class Steps {
  private static final ObjectMapper JSON = new ObjectMapper();
  private final Keyrings keyrings;
  private final Tables tables;

  private Steps(Cloud cloud) {
    keyrings = new Keyrings(cloud);
    tables = new Tables(cloud, keyrings);
  }

  public static void main(String[] arguments) throws Exception {
    Steps steps = new Steps(new Cloud(arguments[0]));
    ArrayNode results = JSON.createArrayNode();
    for (JsonNode step : JSON.readTree(new File(arguments[1]))) {
      ObjectNode result = results.addObject();
      try {
        steps.take(step, result);
      } catch (Exception error) {
        result.put("error", error.toString());
      }
    }
    JSON.writeValue(new File(arguments[2]), results);
    // The threads of the SDK's clients would go on.
    System.exit(0);
  }

  private void take(JsonNode step, ObjectNode result) {
    switch (step.get("do").textValue()) {
      case "encrypt" -> result.set("item", Items.write(encryptor(step).EncryptItem(EncryptItemInput.builder().plaintextItem(Items.read(step.get("item"))).build()).encryptedItem()));
      case "decrypt" -> result.set("item", Items.write(encryptor(step).DecryptItem(DecryptItemInput.builder().encryptedItem(Items.read(step.get("item"))).build()).plaintextItem()));
      case "put" -> client(step).putItem(request -> request.tableName(name(step)).item(Items.read(step.get("item"))));
      case "get" -> result.set("item", Items.write(client(step).getItem(request -> request.tableName(name(step)).key(Items.read(step.get("key"))).consistentRead(true)).item()));
      case "query" -> query(step, result.putArray("items"));
      case "find" -> find(step, result.putArray("items"));
      case "createBranchKey" -> result.put("branchKeyId", keyrings.keyStore(step.get("keyStore")).CreateKey(branchKey(step)).branchKeyIdentifier());
      default -> throw new IllegalArgumentException(step.toString());
    }
  }

  private void query(JsonNode step, ArrayNode items) {
    Map<String, AttributeValue> key = Items.read(step.get("partition"));
    String partition = key.keySet().iterator().next();
    client(step)
      .query(request -> request.tableName(name(step)).consistentRead(true).keyConditionExpression("#p = :p")
        .expressionAttributeNames(Map.of("#p", partition)).expressionAttributeValues(Map.of(":p", key.get(partition))))
      .items().forEach(item -> items.add(Items.write(item)));
  }

  /** A query where there is a key condition, else a scan; `values` and `names` are those of its expressions. */
  private void find(JsonNode step, ArrayNode items) {
    Map<String, AttributeValue> values = Items.read(step.get("values"));
    String filter = step.has("filter") ? step.get("filter").textValue() : null;
    DynamoDbClient client = client(step);
    (step.has("keyCondition")
      ? client.query(request -> request.tableName(name(step)).indexName(step.get("index").textValue())
        .keyConditionExpression(step.get("keyCondition").textValue()).filterExpression(filter).expressionAttributeValues(values)).items()
      : client.scan(request -> request.tableName(name(step)).filterExpression(filter).expressionAttributeValues(values)).items())
      .forEach(item -> items.add(Items.write(item)));
  }

  /** One of a given id needs a context of its own. */
  private static CreateKeyInput branchKey(JsonNode step) {
    if (!step.has("id")) return CreateKeyInput.builder().build();
    return CreateKeyInput.builder().branchKeyIdentifier(step.get("id").textValue()).encryptionContext(Map.of("purpose", "test")).build();
  }

  private DynamoDbItemEncryptor encryptor(JsonNode step) { return tables.encryptor(step.get("config")); }

  private DynamoDbClient client(JsonNode step) { return tables.client(step.get("config"), name(step), step.get("region").textValue()); }

  private static String name(JsonNode step) { return step.get("tableName").textValue(); }
}
