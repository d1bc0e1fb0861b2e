package ignicloud.kernel;

import java.util.Locale;

/** The spelling of suite 1, for epochs that were opened under it: it stays as it was, or their tokens would change. */
final class FirstSpelling {
  private FirstSpelling() {}

  /** Null if nothing but blanks is left. */
  static String of(String kind, String value) {
    String text = trimmed(value);
    if (text.isEmpty()) return null;
    switch (kind) {
      case "exact": return text;
      case "uuid": return text.toLowerCase(Locale.ROOT);
      case "email": return trimmed(Unicode.nfkc(text)).toLowerCase(Locale.ROOT);
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
