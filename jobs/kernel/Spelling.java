package ignicloud.kernel;

import java.util.regex.Pattern;

/** The spelling of suite 2, as docs/keys.md says it and jobs/treatments/spelling.py does it: any text, of any kind. */
final class Spelling {
  private static final Pattern UUID = Pattern.compile("[0-9a-f]{4}(?:-?[0-9a-f]{4}){7}");
  private static final Pattern PHONE = Pattern.compile("\\+?[0-9 ().\\-/\u2010-\u2015\u2212]+");
  private static final Pattern LABEL = Pattern.compile("[^\\x00-\\x7f\u3002]|[a-z0-9_-]");
  private static final String A_LABEL = "xn--", MAILTO = "mailto:", TEL = "tel:", URN = "urn:uuid:";

  private Spelling() {}

  /** Null if nothing but blanks is left. */
  static String of(String kind, String value) {
    String plain = Unicode.trimmed(kind.equals("exact") ? value : Unicode.folded(value)), read = read(kind, plain);
    return read.isEmpty() ? null : read;
  }

  private static String read(String kind, String text) {
    switch (kind) {
      case "exact": return text;
      case "uuid": return uuid(text);
      case "email": return email(text);
      case "phone": return phone(text);
      case "address": return address(text);
      default: throw new IllegalArgumentException("no such normalisation");
    }
  }

  /** RFC 9562's form of what is a UUID: in braces or parentheses, behind {@code urn:uuid:}, with fewer hyphens. */
  private static String uuid(String text) {
    String bare = text.startsWith(URN) ? text.substring(URN.length()) : text;
    if (bare.startsWith("{") && bare.endsWith("}") || bare.startsWith("(") && bare.endsWith(")")) {
      bare = bare.substring(1, bare.length() - 1);
    }
    if (!UUID.matcher(bare).matches()) return text;
    String digits = bare.replace("-", "");
    return String.join("-", digits.substring(0, 8), digits.substring(8, 12), digits.substring(12, 16),
        digits.substring(16, 20), digits.substring(20));
  }

  /** Digits with a leading plus; 00 in front is the plus, (0) behind a country's code is nothing. */
  private static String phone(String text) {
    String bare = blanksCut(Unicode.westernDigits(text.startsWith(TEL) ? text.substring(TEL.length()) : text));
    if (!PHONE.matcher(bare).matches()) return text;
    String digits = bare.replaceAll("[^0-9]", ""), withoutTrunk = bare.replace("(0)", "").replaceAll("[^0-9]", "");
    if (bare.startsWith("+")) return withoutTrunk.isEmpty() ? text : "+" + withoutTrunk;
    if (!digits.startsWith("00")) return digits.isEmpty() ? text : digits;
    boolean abroad = withoutTrunk.startsWith("00") && withoutTrunk.length() > 2;
    return abroad ? "+" + withoutTrunk.substring(2) : withoutTrunk.isEmpty() ? digits : withoutTrunk;
  }

  private static String blanksCut(String text) {
    int from = 0, to = text.length();
    while (from < to && text.charAt(from) == ' ') from++;
    while (to > from && text.charAt(to - 1) == ' ') to--;
    return text.substring(from, to);
  }

  private static String address(String text) {
    byte[] bytes = Address.read(text);
    return bytes == null ? text : Address.canonical(bytes);
  }

  /** The bare address: without {@code mailto:}, name and angle brackets, its domain as Unicode writes it. */
  private static String email(String text) {
    String before, bare = text;
    do {
      before = bare;
      bare = Unicode.trimmed(Unicode.folded(barer(before)));
    } while (!bare.equals(before));
    return bare;
  }

  private static String barer(String text) {
    int at = text.lastIndexOf('@');
    if (at < 0) return text;
    if (text.startsWith(MAILTO)) {
      int query = text.indexOf('?'), to = query < 0 ? text.length() : query, from = MAILTO.length();
      if (text.lastIndexOf('@', to - 1) < from) return text.substring(from, to);
      // all of them at once, as all dots at the end: one by one, a megabyte of them would take a night
      for (from = Unicode.behindBlanks(text, from, to); text.startsWith(MAILTO, from); ) {
        from = Unicode.behindBlanks(text, from + MAILTO.length(), to);
      }
      return text.substring(from, to);
    }
    int opened = text.lastIndexOf('<');
    if (opened >= 0 && opened < at && text.endsWith(">")) return text.substring(opened + 1, text.length() - 1);
    String domain = text.substring(at + 1).replace('\u3002', '.');
    int end = domain.length(), before;
    do {
      before = end;
      end = Unicode.beforeBlanks(domain, 0, end);
      while (end > 0 && domain.charAt(end - 1) == '.') end--;
    } while (end < before);
    StringBuilder bare = new StringBuilder(text.substring(0, at + 1));
    String[] labels = domain.substring(0, end).split("\\.", -1);
    for (int i = 0; i < labels.length; i++) bare.append(i == 0 ? "" : ".").append(unicodeLabel(labels[i]));
    return bare.toString();
  }

  /**
   * A label of the DNS as people read it (RFC 5890); what is no A-label stays as it is. IDNA 2008 lets ß, ς and
   * joiners stand, and full case folding doesn't: their capitals can't be told apart.
   */
  private static String unicodeLabel(String label) {
    if (!label.startsWith(A_LABEL) || !Unicode.isAscii(label) || label.length() > Punycode.LONGEST) return label;
    String read = Punycode.decoded(label.substring(A_LABEL.length()));
    if (read == null || Unicode.isAscii(read)) return label;
    String plain = read.replace("ß", "ss").replace('ς', 'σ').replace("\u200c", "").replace("\u200d", "");
    boolean strange = plain.startsWith(A_LABEL) || !LABEL.matcher(plain).replaceAll("").isEmpty();
    return strange || !plain.equals(Unicode.folded(plain)) ? label : plain;
  }
}
