package ignicloud.kernel;

import java.math.BigInteger;
import java.util.Locale;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Identifiers that can be told by their shape and check digits: e-mail, phone, IP, IBAN (ISO 13616, mod
 * 97), card (ISO 7812, Luhn), NIR (French social security number, key 97), SIRET (Luhn), MAC, JWT (RFC
 * 7519), URL with credentials (RFC 3986), UUID (RFC 9562). A cheap look at the characters comes first, so
 * regular expressions run on candidates only.
 */
final class Patterns {
  private static final Pattern EMAIL = Pattern.compile("[\\p{L}\\p{N}._%+'-]{1,64}@(?:[\\p{L}\\p{N}-]{1,63}\\.)+[\\p{L}]{2,24}");
  private static final Pattern PHONE = Pattern.compile("(?<![\\p{L}\\p{N}])(?<!\\d[.,])(?:\\+|00)?\\(?\\d(?:[ ()./-]{0,2}\\d){7,14}(?:\\.0)?(?![\\p{L}\\p{N}_])");
  private static final Pattern IPV4 = Pattern.compile("(?<![A-Za-z0-9.])(?:(?:25[0-5]|2[0-4]\\d|1?\\d?\\d)\\.){3}(?:25[0-5]|2[0-4]\\d|1?\\d?\\d)(?![A-Za-z0-9]|\\.\\d)");
  private static final Pattern IPV6 = Pattern.compile("(?<![A-Za-z0-9.])(?<!::|[0-9A-Fa-f]:)[0-9A-Fa-f:]{2,39}(?:\\d{1,3}(?:\\.\\d{1,3}){3})?(?![\\w:])");
  private static final Pattern IBAN = Pattern.compile("(?:(?<![A-Za-z0-9])|(?<=(?i:iban)))[A-Za-z]{2}\\d{2}(?:[\\s.:-]{0,2}[A-Za-z0-9]){11,30}");
  private static final Pattern NUMBER = Pattern.compile("(?<![A-Za-z0-9])\\d(?:[ .-]?[0-9ABab]){11,18}(?![A-Za-z0-9])");
  private static final Pattern MAC = Pattern.compile("(?<![\\w:-])(?:[0-9A-Fa-f]{2}([:-]))(?:[0-9A-Fa-f]{2}\\1){4}[0-9A-Fa-f]{2}(?![\\w:-])");
  private static final Pattern JWT = Pattern.compile("eyJ[A-Za-z0-9_-]{8,}\\.eyJ[A-Za-z0-9_-]{4,}\\.[A-Za-z0-9_-]*");
  private static final Pattern URL = Pattern.compile("[A-Za-z][A-Za-z0-9+.-]{1,20}://[^\\s/@:]{1,200}:[^\\s/@]{1,200}@");
  private static final Pattern UUID = Pattern.compile("[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}");
  private static final BigInteger MOD97 = BigInteger.valueOf(97);
  /** Countries and the lengths of their IBANs (registry of ISO 13616, release 99). */
  private static final String IBANS =
      "AD24AE23AL28AT20AZ28BA20BE16BG22BH22BI27BR29BY28CH21CR22CY28CZ24DE22DJ27DK18DO28EE20EG29ES24FI18FK18FO18FR27GB22"
      + "GE22GI23GL18GR27GT28HR21HU28IE22IL23IQ23IS26IT27JO30KW30KZ20LB28LC32LI21LT20LU20LV21LY25MC27MD24ME22MK19MN20"
      + "MR27MT31MU30NI28NL18NO15OM23PK24PL28PS29PT25QA29RO24RS22RU33SA24SC31SD18SE24SI19SK24SM27SO23ST25SV28TL23TN24"
      + "TR26UA29VA22VG24XK20YE30";

  private Patterns() {}

  /** The bits of all detectors that find their pattern in {@code text}. */
  static long find(String text) {
    int digits = 0, colons = 0, dots = 0, hyphens = 0;
    boolean at = false;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c >= '0' && c <= '9') digits++;
      else if (c == '@') at = true;
      else if (c == ':') colons++;
      else if (c == '.') dots++;
      else if (c == '-') hyphens++;
    }
    long found = 0;
    if (at && EMAIL.matcher(text).find()) found |= Detector.EMAIL.bit();
    if (at && colons > 0 && URL.matcher(text).find()) found |= Detector.CREDENTIALS_URL.bit();
    if (dots >= 3 && digits >= 4 && IPV4.matcher(text).find()) found |= Detector.IPV4.bit();
    if (colons >= 2 && any(IPV6, text, Patterns::isIpv6)) found |= Detector.IPV6.bit();
    if (dots >= 2 && text.contains("eyJ") && JWT.matcher(text).find()) found |= Detector.JWT.bit();
    if ((colons >= 5 || hyphens >= 5) && MAC.matcher(text).find()) found |= Detector.MAC.bit();
    if (hyphens >= 4 && UUID.matcher(text).find()) return found | Detector.UUID.bit();
    if (digits < 8) return found;
    if (any(PHONE, text, Patterns::isPhone)) found |= Detector.PHONE.bit();
    if (digits < 12) return found;
    if (any(IBAN, text, Patterns::isIban)) found |= Detector.IBAN.bit();
    if (any(NUMBER, text, Patterns::isCard)) found |= Detector.CARD.bit();
    if (any(NUMBER, text, Patterns::isSiret)) found |= Detector.SIRET.bit();
    if (any(NUMBER, text, Patterns::isNir)) found |= Detector.NIR.bit();
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

  private static boolean isPhone(String number) {
    String digits = (number.endsWith(".0") ? number.substring(0, number.length() - 2) : number).replaceAll("\\D", "");
    boolean marked = number.startsWith("+") || number.startsWith("0") || number.startsWith("(0");
    return marked ? digits.length() >= 8 : digits.length() >= 10 && isDialled(digits);
  }

  /** A bare number that begins with the country code of one of our customers' countries. */
  private static boolean isDialled(String digits) {
    return digits.length() <= 13 && digits.matches("(?:1|3[0-9]|4[0-9]|35\\d|42\\d)\\d{8,11}");
  }

  private static boolean isIpv6(String candidate) {
    return candidate.length() > 4 && Address.parse(candidate) != null;
  }

  private static boolean isIban(String candidate) {
    String iban = unseparated(candidate);
    int country = IBANS.indexOf(iban.substring(0, 2));
    if (country < 0 || country % 4 != 0) return false;
    int length = Integer.parseInt(IBANS.substring(country + 2, country + 4));
    return iban.length() >= length && has97(iban.substring(0, length));
  }

  private static String unseparated(String number) {
    return number.replaceAll("[\\s.:-]", "").toUpperCase(Locale.ROOT);
  }

  private static boolean has97(String iban) {
    StringBuilder digits = new StringBuilder();
    String turned = iban.substring(4) + iban.substring(0, 4);
    for (int i = 0; i < turned.length(); i++) digits.append(Character.digit(turned.charAt(i), 36));
    return new BigInteger(digits.toString()).mod(MOD97).intValue() == 1;
  }

  private static boolean isCard(String candidate) {
    String number = unseparated(candidate);
    return number.matches("[2-6]\\d{12,18}") && isLuhn(number);
  }

  private static boolean isSiret(String candidate) {
    String number = unseparated(candidate);
    return number.matches("\\d{14}") && isLuhn(number);
  }

  private static boolean isLuhn(String digits) {
    int sum = 0;
    for (int i = 0; i < digits.length(); i++) {
      int d = digits.charAt(digits.length() - 1 - i) - '0';
      sum += i % 2 == 0 ? d : d < 5 ? 2 * d : 2 * d - 9;
    }
    return sum % 10 == 0;
  }

  /** Sex, year, month, department (2A and 2B are Corsica), commune, order; key = 97 - number mod 97. */
  private static boolean isNir(String candidate) {
    String nir = unseparated(candidate);
    if (!nir.matches("[1-478]\\d{4}(?:\\d\\d|2[AB])\\d{8}")) return false;
    String number = nir.substring(0, 13).replace("2A", "19").replace("2B", "18");
    return 97 - Long.parseLong(number) % 97 == Long.parseLong(nir.substring(13));
  }
}
