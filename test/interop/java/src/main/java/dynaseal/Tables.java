package dynaseal;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.cryptography.dbencryptionsdk.dynamodb.DynamoDbEncryptionInterceptor;
import software.amazon.cryptography.dbencryptionsdk.dynamodb.itemencryptor.DynamoDbItemEncryptor;
import software.amazon.cryptography.dbencryptionsdk.dynamodb.itemencryptor.model.DynamoDbItemEncryptorConfig;
import software.amazon.cryptography.dbencryptionsdk.dynamodb.model.DynamoDbTableEncryptionConfig;
import software.amazon.cryptography.dbencryptionsdk.dynamodb.model.DynamoDbTablesEncryptionConfig;
import software.amazon.cryptography.dbencryptionsdk.structuredencryption.model.CryptoAction;
import software.amazon.cryptography.materialproviders.model.DBEAlgorithmSuiteId;

/** What the official release is told of a table: the options of createItemEncryptor, with a keyring as {@link Keyrings} has it. */
final class Tables {
  private final Cloud cloud;
  private final Keyrings keyrings;
  private final Map<String, DynamoDbClient> clients = new HashMap<>();

  Tables(Cloud cloud, Keyrings keyrings) {
    this.cloud = cloud;
    this.keyrings = keyrings;
  }

  DynamoDbItemEncryptor encryptor(JsonNode config) {
    DynamoDbItemEncryptorConfig.Builder builder = DynamoDbItemEncryptorConfig.builder()
      .logicalTableName(text(config, "logicalTableName")).partitionKeyName(text(config, "partitionKeyName"))
      .attributeActionsOnEncrypt(actions(config)).keyring(keyrings.keyring(config.get("keyring"))).algorithmSuiteId(suite(config));
    if (config.has("sortKeyName")) builder.sortKeyName(text(config, "sortKeyName"));
    if (config.has("allowedUnsignedAttributes")) builder.allowedUnsignedAttributes(unsigned(config));
    if (config.has("allowedUnsignedAttributePrefix")) builder.allowedUnsignedAttributePrefix(text(config, "allowedUnsignedAttributePrefix"));
    return DynamoDbItemEncryptor.builder().DynamoDbItemEncryptorConfig(builder.build()).build();
  }

  /** A client that encrypts and decrypts by itself. */
  DynamoDbClient client(JsonNode config, String tableName, String region) {
    return clients.computeIfAbsent(region + config, name -> {
      DynamoDbTableEncryptionConfig.Builder builder = DynamoDbTableEncryptionConfig.builder()
        .logicalTableName(text(config, "logicalTableName")).partitionKeyName(text(config, "partitionKeyName"))
        .attributeActionsOnEncrypt(actions(config)).keyring(keyrings.keyring(config.get("keyring"))).algorithmSuiteId(suite(config));
      if (config.has("sortKeyName")) builder.sortKeyName(text(config, "sortKeyName"));
      if (config.has("allowedUnsignedAttributes")) builder.allowedUnsignedAttributes(unsigned(config));
      if (config.has("search")) builder.search(Search.config(config.get("search"), keyrings));
      return cloud.dynamodb(region, DynamoDbEncryptionInterceptor.builder().config(DynamoDbTablesEncryptionConfig.builder()
        .tableEncryptionConfigs(Map.of(tableName, builder.build())).build()).build());
    });
  }

  private static Map<String, CryptoAction> actions(JsonNode config) {
    Map<String, CryptoAction> actions = new HashMap<>();
    config.get("attributeActionsOnEncrypt").fields()
      .forEachRemaining(entry -> actions.put(entry.getKey(), CryptoAction.valueOf(entry.getValue().textValue())));
    return actions;
  }

  private static List<String> unsigned(JsonNode config) {
    List<String> names = new ArrayList<>();
    config.get("allowedUnsignedAttributes").forEach(name -> names.add(name.textValue()));
    return names;
  }

  private static DBEAlgorithmSuiteId suite(JsonNode config) {
    return text(config, "algorithmSuite").equals("0x6700")
      ? DBEAlgorithmSuiteId.ALG_AES_256_GCM_HKDF_SHA512_COMMIT_KEY_SYMSIG_HMAC_SHA384
      : DBEAlgorithmSuiteId.ALG_AES_256_GCM_HKDF_SHA512_COMMIT_KEY_ECDSA_P384_SYMSIG_HMAC_SHA384;
  }

  private static String text(JsonNode node, String name) { return node.get(name).textValue(); }
}
