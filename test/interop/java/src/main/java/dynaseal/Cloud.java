package dynaseal;

import java.net.URI;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.kms.KmsClient;

/** Clients of the local cloud. */
final class Cloud {
  private static final StaticCredentialsProvider CREDENTIALS =
    StaticCredentialsProvider.create(AwsBasicCredentials.create("local", "local"));
  private final URI endpoint;
  private final Map<String, KmsClient> kms = new ConcurrentHashMap<>();

  Cloud(String endpoint) { this.endpoint = URI.create(endpoint); }

  KmsClient kms(String region) {
    return kms.computeIfAbsent(region, name -> KmsClient.builder().endpointOverride(endpoint).region(Region.of(name)).credentialsProvider(CREDENTIALS).build());
  }

  DynamoDbClient dynamodb(String region, ExecutionInterceptor... interceptors) {
    return DynamoDbClient.builder().endpointOverride(endpoint).region(Region.of(region)).credentialsProvider(CREDENTIALS)
      .overrideConfiguration(options -> { for (ExecutionInterceptor each : interceptors) options.addExecutionInterceptor(each); })
      .build();
  }
}
