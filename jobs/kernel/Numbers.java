package ignicloud.kernel;

import java.util.regex.Pattern;

/** Payment cards (ISO/IEC 7812), SIREN and SIRET (INSEE), told by their check digits (Luhn), wherever they stand in a chain. */
final class Numbers {
  static final int SHORTEST = 9;
  private static final int SIREN = 9, SIRET = 14, LONGEST = 19, SIGHT = 24;
  /** Networks by the digits that begin a card, with the lengths they give out. */
  private static final Pattern CARD = Pattern.compile(
      "4(?:\\d{12}|\\d{13,18})|5\\d{13,18}|6\\d{13,18}|(?:5[06-9]|6)\\d{10,11}|5[06-9]\\d{11}|6\\d{12}|3(?:[47]\\d{13}|[0689]\\d{12,17}|5\\d{14,17})|3\\d{13,18}"
          + "|1\\d{14}|2\\d{13,18}|8\\d{15,18}|9\\d{15}");
  private static final Pattern CARD_GROUPS = Pattern.compile("4(?:-4){2,3}(?:-[1-4])?|4-6-[45]|6-13|\\d\\d|[89]");
  private static final Pattern SIRET_GROUPS = Pattern.compile("3-3-3-5|9-5|14|3-3-3-[23]-[23]");
  private static final Pattern SIREN_WORD = Pattern.compile("(?i)(?:siren|siret|rcs|insee|vat|tva)[^\\d]{0,20}$");
  private static final Pattern VAT = Pattern.compile("(?i)(?<![\\p{L}\\p{N}])FR\\s?$");
  private static final Pattern STAMP = Pattern.compile("(?:19[7-9]|20\\d)\\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\\d|3[01])(?:[01]\\d|2[0-3])[0-5]\\d[0-5]\\d\\d{0,6}");
  private static final String LA_POSTE = "356000000";

  private Numbers() {}

  /** The bits of what some span of the chain is. */
  static long find(Chain chain) {
    long found = 0;
    for (int first = 0; first < chain.size(); first++) {
      int digits = 0;
      for (int last = first; last < chain.size(); last++) {
        digits += chain.length(last);
        if (digits > LONGEST || chain.isDated(last)) break;
        if (digits >= SHORTEST) found |= of(chain, first, last);
      }
    }
    return found;
  }

  private static long of(Chain chain, int first, int last) {
    if (isGlued(chain, first, last)) return 0;
    String digits = chain.digits(first, last), shape = chain.shape(first, last);
    if (first == last && isDecimal(chain, first)) return 0;
    boolean alone = chain.begins(first) && chain.ends(last);
    long found = 0;
    if ((alone || CARD_GROUPS.matcher(shape).matches()) && isCard(digits)) found |= Detector.CARD.bit();
    if ((alone || SIRET_GROUPS.matcher(shape).matches()) && isSiret(digits)) found |= Detector.SIRET.bit();
    if (digits.length() == SIREN && isSiren(chain, first, last, digits, shape)) found |= Detector.SIRET.bit();
    if (digits.length() == SIREN + 2 && VAT.matcher(chain.text.substring(0, chain.from(first))).find() && isVat(digits)) found |= Detector.SIRET.bit();
    return found;
  }

  private static boolean isGlued(Chain chain, int first, int last) {
    char before = chain.charBefore(chain.from(first)), after = chain.charAfter(last);
    return first == 0 && Character.isLetter(before) && !(chain.from(0) >= 2 && chain.text.substring(chain.from(0) - 2, chain.from(0)).equalsIgnoreCase("FR"))
        || last == chain.size() - 1 && Character.isLetter(after);
  }

  /** Whether a point joins the group to another one: part of a fraction or a version. */
  private static boolean isDecimal(Chain chain, int group) {
    return group > 0 && chain.before(group).equals(".") || group + 1 < chain.size() && chain.before(group + 1).equals(".");
  }

  private static boolean isCard(String digits) {
    return CARD.matcher(digits).matches() && isLuhn(digits) && !STAMP.matcher(digits).matches() && !Phones.isProduct(digits);
  }

  private static boolean isSiret(String digits) {
    if (digits.length() != SIRET) return false;
    if (digits.startsWith(LA_POSTE)) return digits.chars().map(c -> c - '0').sum() % 5 == 0 || isLuhn(digits);
    return isLuhn(digits) && !STAMP.matcher(digits).matches();
  }

  /** Nine digits in a row or in threes, and no part of a longer number; behind its word wherever it stands. */
  private static boolean isSiren(Chain chain, int first, int last, String digits, String shape) {
    if (!shape.equals("9") && !shape.equals("3-3-3") || digits.charAt(0) == '0' || !isLuhn(digits)) return false;
    boolean whole = first == 0 && last == chain.size() - 1 && !isFraction(chain) && !isJson(chain);
    int at = chain.from(first);
    return whole || SIREN_WORD.matcher(chain.text.substring(Math.max(0, at - SIGHT), at)).find();
  }

  /** Whether a comma or point joins the chain to other digits. */
  private static boolean isFraction(Chain chain) {
    int from = chain.from(0), to = chain.to(chain.size() - 1);
    boolean before = from >= 2 && ",.".indexOf(chain.text.charAt(from - 1)) >= 0 && Chain.isDigit(chain.text.charAt(from - 2));
    return before || to + 1 < chain.text.length() && ",.".indexOf(chain.text.charAt(to)) >= 0 && Chain.isDigit(chain.text.charAt(to + 1));
  }

  /** Whether it is a number of JSON: sizes and counts have no quotes and a name. */
  private static boolean isJson(Chain chain) {
    return chain.text.substring(0, chain.from(0)).stripTrailing().endsWith("\":");
  }

  /** A French VAT number: two digits that check the SIREN behind them. */
  private static boolean isVat(String digits) {
    int siren = Integer.parseInt(digits.substring(2));
    return (12 + 3 * (siren % 97)) % 97 == Integer.parseInt(digits.substring(0, 2)) && isLuhn(digits.substring(2));
  }

  static boolean isLuhn(String digits) {
    int sum = 0;
    for (int i = 0; i < digits.length(); i++) {
      int d = digits.charAt(digits.length() - 1 - i) - '0';
      sum += i % 2 == 0 ? d : d < 5 ? 2 * d : 2 * d - 9;
    }
    return sum % 10 == 0;
  }
}
