package reader;

import java.util.HashMap;
import java.util.Map;
import software.amazon.awssdk.enhanced.dynamodb.document.EnhancedDocument;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.cryptography.dbencryptionsdk.dynamodb.DynamoDbEncryptionInterceptor;
import software.amazon.cryptography.dbencryptionsdk.dynamodb.model.DynamoDbTableEncryptionConfig;
import software.amazon.cryptography.dbencryptionsdk.dynamodb.model.DynamoDbTablesEncryptionConfig;
import software.amazon.cryptography.dbencryptionsdk.structuredencryption.model.CryptoAction;

/** Prints the items of a partition that a Dynaseal client has put, opened, one a line. */
public final class Reader {
  public static void main(String[] arguments) {
    Options options = new Options(arguments);
    String partitionKey = options.get("partition-key");
    DynamoDbClient client = client(options);
    // Without its threads, the program ends.
    try (client) {
      client.queryPaginator(request -> request.tableName(options.get("table")).consistentRead(true)
          .keyConditionExpression("#p = :p").expressionAttributeNames(Map.of("#p", partitionKey))
          .expressionAttributeValues(Map.of(":p", AttributeValue.fromS(options.get("partition")))))
        .items().forEach(item -> System.out.println(EnhancedDocument.fromAttributeValueMap(item).toJson()));
    }
    System.exit(0);
  }

  /** A client that decrypts and verifies by itself. */
  private static DynamoDbClient client(Options options) {
    String table = options.get("table");
    DynamoDbTableEncryptionConfig.Builder config = DynamoDbTableEncryptionConfig.builder()
      .logicalTableName(options.get("logical-table", table))
      .partitionKeyName(options.get("partition-key"))
      .attributeActionsOnEncrypt(actions(options))
      .keyring(Keyrings.of(options));
    if (options.has("sort-key")) config.sortKeyName(options.get("sort-key"));
    DynamoDbEncryptionInterceptor interceptor = DynamoDbEncryptionInterceptor.builder().config(DynamoDbTablesEncryptionConfig.builder()
      .tableEncryptionConfigs(Map.of(table, config.build())).build()).build();
    return DynamoDbClient.builder().region(Region.of(options.get("region")))
      .overrideConfiguration(override -> override.addExecutionInterceptor(interceptor)).build();
  }

  /** Who only reads names the keys: the header of an item says what in it is encrypted. Who writes names every attribute. */
  private static Map<String, CryptoAction> actions(Options options) {
    Map<String, CryptoAction> actions = new HashMap<>();
    actions.put(options.get("partition-key"), CryptoAction.SIGN_ONLY);
    if (options.has("sort-key")) actions.put(options.get("sort-key"), CryptoAction.SIGN_ONLY);
    return actions;
  }
}
