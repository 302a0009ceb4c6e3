package reader;

import java.util.HashMap;
import java.util.Map;

/** The command's options, {@code --name value}. */
final class Options {
  private final Map<String, String> given = new HashMap<>();

  Options(String[] arguments) {
    for (int i = 0; i < arguments.length; i += 2) {
      if (!arguments[i].startsWith("--") || i + 1 == arguments.length) throw new IllegalArgumentException("Not an option with a value: " + arguments[i]);
      given.put(arguments[i].substring(2), arguments[i + 1]);
    }
  }

  String get(String name) {
    String value = given.get(name);
    if (value == null) throw new IllegalArgumentException("The option --" + name + " is missing.");
    return value;
  }

  String get(String name, String otherwise) { return given.getOrDefault(name, otherwise); }

  boolean has(String name) { return given.containsKey(name); }
}
