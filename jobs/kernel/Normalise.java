package ignicloud.kernel;

import java.text.Normalizer;
import java.util.Arrays;
import java.util.Locale;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.unsafe.types.UTF8String;

/**
 * Kind, value → the one spelling under which equal identifiers are equal. Null and what is empty
 * after trimming become null; a value that its kind can't read is kept as trimmed text.
 */
public final class Normalise extends KernelFunction<UTF8String> {
  private static final UTF8String EXACT = UTF8String.fromString("exact"), UUID = UTF8String.fromString("uuid");
  private static final UTF8String EMAIL = UTF8String.fromString("email");

  Normalise() {
    super("normalise", DataTypes.StringType, DataTypes.StringType, DataTypes.StringType);
  }

  public static UTF8String invoke(UTF8String kind, UTF8String value) {
    if (value == null) return null;
    boolean exact = kind.equals(EXACT);
    if ((exact || kind.equals(UUID) || kind.equals(EMAIL)) && value.isFullAscii()) return plain(value, !exact);
    return UTF8String.fromString(normalised(kind.toString(), value.toString()));
  }

  /** ASCII, which NFKC leaves as it is: trimmed, and in lower case if wished; itself when that changes nothing. */
  private static UTF8String plain(UTF8String value, boolean lower) {
    byte[] bytes = value.getBytes();
    int from = 0, to = bytes.length, capitals = 0;
    while (from < to && bytes[from] <= ' ') from++;
    while (to > from && bytes[to - 1] <= ' ') to--;
    if (from == to) return null;
    if (lower) for (int i = from; i < to; i++) if (isCapital(bytes[i])) capitals++;
    if (capitals == 0) return to - from == bytes.length ? value : UTF8String.fromBytes(bytes, from, to - from);
    byte[] small = Arrays.copyOfRange(bytes, from, to);
    for (int i = 0; i < small.length; i++) if (isCapital(small[i])) small[i] += 'a' - 'A';
    return UTF8String.fromBytes(small);
  }

  private static boolean isCapital(byte b) {
    return b >= 'A' && b <= 'Z';
  }

  /** Any text, of any kind. */
  static String normalised(String kind, String value) {
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
