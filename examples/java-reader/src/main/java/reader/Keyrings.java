package reader;

import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.kms.KmsClient;
import software.amazon.cryptography.keystore.KeyStore;
import software.amazon.cryptography.keystore.model.KMSConfiguration;
import software.amazon.cryptography.keystore.model.KeyStoreConfig;
import software.amazon.cryptography.materialproviders.IKeyring;
import software.amazon.cryptography.materialproviders.MaterialProviders;
import software.amazon.cryptography.materialproviders.model.CreateAwsKmsHierarchicalKeyringInput;
import software.amazon.cryptography.materialproviders.model.CreateAwsKmsMrkKeyringInput;
import software.amazon.cryptography.materialproviders.model.MaterialProvidersConfig;

/** The counterparts of the writer's keyrings. */
final class Keyrings {
  private static final MaterialProviders PROVIDERS =
    MaterialProviders.builder().MaterialProvidersConfig(MaterialProvidersConfig.builder().build()).build();

  /** Of {@code BranchKeyring} where a branch key is named, else of {@code MrkKeyring}. The key is the region's own replica. */
  static IKeyring of(Options options) {
    KmsClient kms = KmsClient.builder().region(Region.of(options.get("region"))).build();
    if (options.has("branch-key")) return branchKeys(options, kms);
    return PROVIDERS.CreateAwsKmsMrkKeyring(CreateAwsKmsMrkKeyringInput.builder().kmsKeyId(options.get("kms-key")).kmsClient(kms).build());
  }

  private static IKeyring branchKeys(Options options, KmsClient kms) {
    DynamoDbClient dynamodb = DynamoDbClient.builder().region(Region.of(options.get("region"))).build();
    String table = options.get("key-store");
    KeyStore keyStore = KeyStore.builder().KeyStoreConfig(KeyStoreConfig.builder()
      .ddbTableName(table).logicalKeyStoreName(options.get("logical-key-store", table))
      .ddbClient(dynamodb).kmsClient(kms)
      .kmsConfiguration(KMSConfiguration.builder().kmsMRKeyArn(options.get("kms-key")).build()).build()).build();
    return PROVIDERS.CreateAwsKmsHierarchicalKeyring(CreateAwsKmsHierarchicalKeyringInput.builder()
      .keyStore(keyStore).branchKeyId(options.get("branch-key")).ttlSeconds(600).build());
  }
}
