package ignicloud.kernel;

import java.text.Normalizer;
import java.util.Locale;
import org.apache.spark.sql.api.java.UDF2;

/**
 * Kind, value → the one spelling under which equal identifiers are equal. Null and what is empty
 * after trimming become null; a value that its kind can't read is kept as trimmed text.
 */
public final class Normalise implements UDF2<String, String, String> {
  @Override
  public String call(String kind, String value) {
    if (value == null) return null;
    String text = trimmed(value);
    if (text.isEmpty()) return null;
    switch (kind) {
      case "exact": return text;
      case "uuid": return text.toLowerCase(Locale.ROOT);
      case "email": return trimmed(Normalizer.normalize(text, Normalizer.Form.NFKC)).toLowerCase(Locale.ROOT);
      case "phone": return phone(text);
      case "address": return address(text);
      default: throw new IllegalArgumentException("no such normalisation");
    }
  }

  private static String trimmed(String value) {
    int from = 0, to = value.length();
    while (from < to && isBlank(value.charAt(from))) from++;
    while (to > from && isBlank(value.charAt(to - 1))) to--;
    return value.substring(from, to);
  }

  private static boolean isBlank(char c) {
    return c <= ' ' || c == '\u00a0' || c == '\u202f' || c == '\ufeff' || (c >= '\u2000' && c <= '\u200d');
  }

  /** Digits with a leading plus; 00 in front is the plus. National numbers stay national. */
  private static String phone(String text) {
    StringBuilder digits = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      int digit = Character.digit(text.charAt(i), 10);
      if (digit >= 0) digits.append((char) ('0' + digit));
    }
    if (digits.length() == 0) return text;
    if (text.startsWith("+")) return "+" + digits;
    return digits.length() > 2 && digits.charAt(0) == '0' && digits.charAt(1) == '0'
        ? "+" + digits.substring(2) : digits.toString();
  }

  private static String address(String text) {
    byte[] bytes = Address.parse(text);
    return bytes == null ? text : Address.canonical(bytes);
  }
}
