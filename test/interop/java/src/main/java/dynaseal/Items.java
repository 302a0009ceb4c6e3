package dynaseal;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/** Items in DynamoDB's JSON, with binary in base64. */
final class Items {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  static Map<String, AttributeValue> read(JsonNode item) {
    Map<String, AttributeValue> attributes = new HashMap<>();
    item.fields().forEachRemaining(entry -> attributes.put(entry.getKey(), value(entry.getValue())));
    return attributes;
  }

  private static AttributeValue value(JsonNode node) {
    String type = node.fieldNames().next();
    JsonNode content = node.get(type);
    AttributeValue.Builder value = AttributeValue.builder();
    return switch (type) {
      case "S" -> value.s(content.textValue()).build();
      case "N" -> value.n(content.textValue()).build();
      case "B" -> value.b(bytes(content)).build();
      case "BOOL" -> value.bool(content.booleanValue()).build();
      case "NULL" -> value.nul(true).build();
      case "SS" -> value.ss(list(content, JsonNode::textValue)).build();
      case "NS" -> value.ns(list(content, JsonNode::textValue)).build();
      case "BS" -> value.bs(list(content, Items::bytes)).build();
      case "L" -> value.l(list(content, Items::value)).build();
      case "M" -> value.m(read(content)).build();
      default -> throw new IllegalArgumentException(type);
    };
  }

  private static SdkBytes bytes(JsonNode text) { return SdkBytes.fromByteArray(Base64.getDecoder().decode(text.textValue())); }

  private static <T> List<T> list(JsonNode nodes, Function<JsonNode, T> read) {
    List<T> all = new ArrayList<>();
    nodes.forEach(node -> all.add(read.apply(node)));
    return all;
  }

  static ObjectNode write(Map<String, AttributeValue> item) {
    ObjectNode node = NODES.objectNode();
    item.forEach((name, value) -> node.set(name, node(value)));
    return node;
  }

  private static ObjectNode node(AttributeValue value) {
    ObjectNode node = NODES.objectNode();
    switch (value.type()) {
      case S -> node.put("S", value.s());
      case N -> node.put("N", value.n());
      case B -> node.put("B", text(value.b()));
      case BOOL -> node.put("BOOL", value.bool());
      case NUL -> node.put("NULL", true);
      case SS -> node.set("SS", array(value.ss(), NODES::textNode));
      case NS -> node.set("NS", array(value.ns(), NODES::textNode));
      case BS -> node.set("BS", array(value.bs(), bytes -> NODES.textNode(text(bytes))));
      case L -> node.set("L", array(value.l(), Items::node));
      case M -> node.set("M", write(value.m()));
      default -> throw new IllegalArgumentException(value.toString());
    }
    return node;
  }

  private static String text(SdkBytes bytes) { return Base64.getEncoder().encodeToString(bytes.asByteArray()); }

  private static <T> ArrayNode array(List<T> values, Function<T, JsonNode> write) {
    ArrayNode nodes = NODES.arrayNode();
    values.forEach(value -> nodes.add(write.apply(value)));
    return nodes;
  }
}
