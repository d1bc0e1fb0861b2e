package ignicloud.kernel;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Locale;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Identifiers that can be told by their shape and check digits: e-mail (RFC 5321, 6531), phone (E.164), IP, IBAN (ISO
 * 13616, mod 97), card (ISO/IEC 7812, Luhn), NIR (French social security number, key 97), SIREN and SIRET (Luhn), MAC
 * (IEEE 802), JWT and JWE (RFC 7519, 7516), URL with credentials (RFC 3986), UUID (RFC 9562). A cheap look at the
 * characters comes first, so regular expressions run on candidates only.
 */
final class Patterns {
  private static final Pattern EMAIL = Pattern.compile(
      "(?:\"[^\"\\s]{1,64}\"|[\\p{L}\\p{M}\\p{N}._%+'!#$&*/=?^`{|}~-]{1,64})@"
          + "(?:(?:[\\p{L}\\p{M}\\p{N}-]{1,63}[.\\u3002])+(?:[\\p{L}\\p{M}]{2,63}|xn--)|\\[(?:(?i:ipv6:)[0-9a-fA-F:.]+|\\d{1,3}(?:\\.\\d{1,3}){3})\\])");
  private static final String OCTET = "(?:25[0-5]|2[0-4]\\d|[01]?\\d?\\d)";
  private static final Pattern IPV4 = Pattern.compile("(?<![A-Za-z0-9.])(?:" + OCTET + "\\.){3}" + OCTET + "(?![A-Za-z0-9]|\\.\\d)");
  private static final Pattern IPV6 = Pattern.compile("(?<![A-Za-z0-9.])(?<!::|[0-9A-Fa-f]:)[0-9A-Fa-f:]{2,45}(?:\\d{1,3}(?:\\.\\d{1,3}){3})?(?![0-9A-Za-oq-z_:])");
  private static final Pattern PORT = Pattern.compile(":\\d{1,5}$"), UNSPECIFIED = Pattern.compile("\\s*\\[?::(?:/\\d+)?\\]?\\s*");
  private static final Pattern NUMBER = Pattern.compile("(?<![A-Za-z0-9])\\d(?:[ .-]?[0-9ABab]){11,18}(?![A-Za-z0-9])");
  private static final Pattern MAC = Pattern.compile(
      "(?<![\\w:-])(?:[0-9A-Fa-f]{2}([: -]))(?:[0-9A-Fa-f]{2}\\1){4}[0-9A-Fa-f]{2}(?:\\1[0-9A-Fa-f]{2}\\1[0-9A-Fa-f]{2})?(?![\\w:-])"
          + "|(?<![\\w:])(?:[0-9A-Fa-f]{1,2}:){5}[0-9A-Fa-f]{1,2}(?![\\w:])");
  private static final Pattern DOTTED_MAC = Pattern.compile("(?<![\\w.])[0-9A-Fa-f]{4}([.:-])[0-9A-Fa-f]{4}\\1[0-9A-Fa-f]{4}(?![\\w.:-])");
  private static final Pattern BARE_MAC = Pattern.compile("(?<![\\w.-])(?:0x)?(?:[0-9A-F]{12}|[0-9a-f]{12})(?![\\w-])");
  private static final Pattern MAC_WORD = Pattern.compile("(?i)(?<![a-z])(?:mac|hwaddr|bssid|ether(?:net)?|eui)(?![a-z])");
  private static final Pattern JWT = Pattern.compile("e[wy][A-Za-z0-9_-]{8,}(?:\\.[A-Za-z0-9_-]*){2,4}");
  private static final Pattern URL = Pattern.compile("[A-Za-z][A-Za-z0-9+.-]{1,20}://[^\\s/@:?#]{0,200}:[^\\s/@]{1,200}@");
  private static final Pattern URL_SECRET = Pattern.compile(
      "(?i)[a-z][a-z0-9+.-]{1,20}://[^\\s?;]+[?;][^\\s]*?(?<![a-z0-9])(?:password|passwd|pwd|secret|client_secret|access_token|api_?key)=[^&;\\s]+");
  private static final Pattern UUID = Pattern.compile("[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}");
  private static final int SHORTEST_MAC = 12, NIR = 12;

  private Patterns() {}

  /** The bits of all detectors that find their pattern in {@code text}. */
  static long find(String text) {
    int digits = 0, colons = 0, dots = 0, hyphens = 0, hex = 0;
    boolean at = false, url = false;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c >= '0' && c <= '9') digits++;
      else if (c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F') hex++;
      else if (c == '@') at = true;
      else if (c == ':') url |= ++colons > 0 && text.startsWith("://", i);
      else if (c == '.') dots++;
      else if (c == '-') hyphens++;
    }
    long found = 0;
    if (at && EMAIL.matcher(text).find()) found |= Detector.EMAIL.bit();
    if (url && (at && URL.matcher(text).find() || URL_SECRET.matcher(text).find())) found |= Detector.CREDENTIALS_URL.bit();
    if (dots >= 3 && digits >= 4 && IPV4.matcher(text).find()) found |= Detector.IPV4.bit();
    if (colons >= 2 && (any(IPV6, text, Patterns::isIpv6) || UNSPECIFIED.matcher(text).matches())) found |= Detector.IPV6.bit();
    if (dots >= 2 && any(JWT, text, Patterns::isJwt)) found |= Detector.JWT.bit();
    if (digits + hex >= 6 && isMac(text, digits + hex)) found |= Detector.MAC.bit();
    if (hyphens >= 4 && UUID.matcher(text).find()) return found | Detector.UUID.bit();
    return digits < 2 ? found : found | numbers(text, digits);
  }

  private static long numbers(String text, int digits) {
    long found = 0;
    if (text.length() >= Iban.SHORTEST && Iban.isIn(text)) found |= Detector.IBAN.bit();
    if (digits < Phones.SHORTEST) return found;
    for (Chain chain : Chain.in(text, Phones.SHORTEST)) {
      if (Phones.isIn(chain)) found |= Detector.PHONE.bit();
      found |= Numbers.find(chain);
    }
    if (digits >= NIR && any(NUMBER, text, Patterns::isNir)) found |= Detector.NIR.bit();
    return found;
  }

  /**
   * Whether any candidate passes its test: each match, what of it ends before a blank, and what begins behind
   * one. A number that stands before or behind another one is looked at by itself, too.
   */
  private static boolean any(Pattern pattern, String text, Predicate<String> test) {
    Matcher match = pattern.matcher(text);
    int from = 0;
    while (from <= text.length() && match.find(from)) {
      from = match.end();
      for (int end = match.end(); end > match.start(); end--) {
        boolean blank = end < match.end() && Character.isWhitespace(text.charAt(end));
        if (blank) from = end + 1;
        if ((blank || end == match.end()) && test.test(text.substring(match.start(), end))) return true;
      }
    }
    return false;
  }

  /** With a digit or all groups: {@code std::add} is no address; a port may stand behind all eight groups. */
  private static boolean isIpv6(String candidate) {
    if (candidate.length() < 3 || !candidate.chars().anyMatch(Character::isDigit) && candidate.indexOf("::") >= 0 && candidate.length() < 7) return false;
    return Address.parse(candidate) != null || Address.parse(PORT.matcher(candidate).replaceFirst("")) != null && candidate.chars().filter(c -> c == ':').count() > 7;
  }

  /** Three parts or five whose first is a JSON object that names an algorithm. */
  private static boolean isJwt(String candidate) {
    String head = candidate.substring(0, candidate.indexOf('.'));
    String json = new String(Base64.getUrlDecoder().decode(head.substring(0, head.length() - (head.length() % 4 == 1 ? 1 : 0))), StandardCharsets.UTF_8);
    return json.startsWith("{") && (json.contains("\"alg\"") || json.contains("\"typ\""));
  }

  /** Twelve digits without separators are one only with letters and digits among them, or behind the word. */
  private static boolean isMac(String text, int digits) {
    if (any(MAC, text, each -> !each.matches("\\d\\d(?: \\d\\d)+"))) return true;
    if (digits < SHORTEST_MAC) return false;
    boolean word = MAC_WORD.matcher(text).find();
    Predicate<String> mixed = each -> word || each.matches(".*\\d.*") && each.matches(".*[A-Fa-f].*");
    return any(DOTTED_MAC, text, mixed) || any(BARE_MAC, text, mixed);
  }

  private static String unseparated(String number) {
    return number.replaceAll("[\\s.:-]", "").toUpperCase(Locale.ROOT);
  }

  /** Sex, year, month, department (2A and 2B are Corsica), commune, order; key = 97 - number mod 97. */
  private static boolean isNir(String candidate) {
    String nir = unseparated(candidate);
    if (!nir.matches("[1-478]\\d{4}(?:\\d\\d|2[AB])\\d{8}")) return false;
    String number = nir.substring(0, 13).replace("2A", "19").replace("2B", "18");
    return 97 - Long.parseLong(number) % 97 == Long.parseLong(nir.substring(13));
  }
}
