package ignicloud.kernel;

import java.util.regex.Pattern;

/**
 * Telephone numbers in a text. They have no check digit, so digits alone are none: a plus, a trunk 0 with groups, a word
 * beside it, or groups that one country's rules give make a number of them. Dates, times, fractions, versions,
 * product codes and clock counts are told by what they are.
 */
final class Phones {
  static final int SHORTEST = 7;
  private static final int LONGEST = 15, USUAL = 8, LONG = 9, DIALLED = 10, SIGHT = 28;
  private static final Pattern WORD = Pattern.compile(
      "(?iu)(?<![\\p{L}])(?:tele?(?:ph|f)?o?n?[eo]?n?|tlf|t[ée]l[ée]phone[rz]?|t[ée]l|phone|ph|mobile?|mob|cell(?:phone|ulare)?|gsm|fax|call(?:ed|ing)?"
          + "|appel(?:e[rz]?|ez)|rappel(?:e[rz]?|ez)|portable|handy|rufnummer|anrufen|whatsapp|signal|sms|hotline|m[óo]vil|dial(?:led)?|msisdn)"
          + "(?![\\p{L}])\\W{0,4}(?:[\\p{L}°.]{1,10}\\W{1,3}){0,2}$");
  private static final Pattern DAY = Pattern.compile("(?:0[1-9]|[12]\\d|3[01])(?:0[1-9]|[12]\\d|3[01])(?:19|20)\\d\\d");
  private static final Pattern STAMP = Pattern.compile("(?:19[7-9]|20\\d)\\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\\d|3[01])(?:(?:[01]\\d|2[0-3])(?:[0-5]\\d){0,2}\\d{0,3})?");
  private static final Pattern TIMES = Pattern.compile("(?:[01]?\\d|2[0-4])[.h][0-5]\\d(?:[.][0-5]\\d)?(?:[\\s/\u2013\u2014-]{1,3}(?:[01]?\\d|2[0-4])[.h][0-5]\\d(?:[.][0-5]\\d)?)+");
  private static final Pattern DECIMAL = Pattern.compile("(?:0|[1-9]\\d*)\\.\\d+(?:[\\s/-]{1,3}(?:0|[1-9]\\d*)(?:\\.\\d+)?)*");
  private static final Pattern BECAME_DECIMAL = Pattern.compile("\\d+\\.0{1,3}");
  private static final Pattern AMERICAN = Pattern.compile("(?:1[ .-]{1,2})?\\(?[2-9]\\d\\d\\)?[ ./-]{1,2}[2-9]\\d\\d[ .-]{1,2}\\d{4}");
  private static final Pattern THOUSANDS = Pattern.compile("\\d{1,3}(?:\\s\\d{3})+");
  private static final Pattern PAIRS = Pattern.compile("\\d\\d(?:\\D{1,3}\\d\\d)+");

  private Phones() {}

  /** Whether some span of the chain is a number. */
  static boolean isIn(Chain chain) {
    boolean plus = hasPlus(chain, 0);
    for (int first = 0; first < chain.size(); first++) {
      if (!chain.begins(first)) continue;
      int digits = 0;
      for (int last = first; last < chain.size() && digits <= LONGEST && (plus || !chain.isDated(last)); last++) {
        digits += chain.length(last);
        if (digits >= SHORTEST && digits <= LONGEST && chain.ends(last) && isNumber(chain, first, last)) return true;
        if (chain.length(last) <= 3 && last > first && isZeros(chain, last)) digits -= chain.length(last);
      }
    }
    return false;
  }

  private static boolean isZeros(Chain chain, int group) {
    return chain.before(group).equals(".") && chain.digits(group, group).matches("0+");
  }

  private static boolean isNumber(Chain chain, int first, int last) {
    String span = chain.span(first, last);
    if (BECAME_DECIMAL.matcher(span).matches()) {
      span = span.substring(0, span.indexOf('.'));
      return isBare(span, true);
    }
    String digits = chain.digits(first, last);
    boolean plus = hasPlus(chain, first);
    boolean decimal = DECIMAL.matcher(span).matches();
    if (plus) return Numbering.code(digits) != null && (decimal ? Numbering.isInternational(digits) : digits.length() >= USUAL || Numbering.isPossible(digits));
    char before = chain.charBefore(start(chain, first)), after = chain.charAfter(last);
    boolean glued = first == 0 && Character.isLetterOrDigit(before) || last == chain.size() - 1 && (Character.isLetter(after) || after == '_');
    if (decimal || isClock(span, digits)) return false;
    if (first == last && isProduct(digits) && !digits.startsWith("00")) return hasWord(chain, first);
    if (AMERICAN.matcher(span).matches() && Numbering.isAmerican(digits.substring(digits.length() - 10))) return true;
    if (!glued && !isBehindComma(chain, first) && (first == last ? isBare(digits, digits.charAt(0) == '0') : isGrouped(chain, first, last, digits))) return true;
    return !Character.isDigit(before) && hasWord(chain, first);
  }

  private static boolean isBehindComma(Chain chain, int first) {
    int at = start(chain, first);
    return first == 0 && at >= 2 && (chain.text.charAt(at - 1) == ',' || chain.text.charAt(at - 1) == '.') && Chain.isDigit(chain.text.charAt(at - 2));
  }

  /** One group: dialled at home with a trunk 0, or from abroad without the plus. */
  private static boolean isBare(String digits, boolean marked) {
    if (digits.startsWith("00") && Numbering.isInternational(digits.substring(2))) return true;
    if (digits.length() < USUAL || isProduct(digits) || DAY.matcher(digits).matches()) return false;
    if (digits.charAt(0) == '0') return marked && Numbering.isNational(digits);
    return digits.length() >= DIALLED && !STAMP.matcher(digits).matches() && Numbering.isInternational(digits);
  }

  private static boolean isGrouped(Chain chain, int first, int last, String digits) {
    String span = chain.span(first, last), shape = chain.shape(first, last);
    boolean dots = span.matches("[\\d./]+");
    if (digits.startsWith("00") && Numbering.isPossible(digits.substring(2)) && !dots) return true;
    if (digits.charAt(0) == '0') return isTrunk(span, shape, digits, dots);
    if (dots || span.indexOf('_') >= 0) return false;
    String code = Numbering.code(digits);
    if (digits.length() >= DIALLED && code != null && chain.length(first) == code.length() && !THOUSANDS.matcher(span).matches()) {
      if (Numbering.isInternational(digits)) return true;
    }
    if (digits.length() < USUAL || THOUSANDS.matcher(span).matches() || PAIRS.matcher(span).matches()) return false;
    return Numbering.isGrouped(digits, shape);
  }

  /** A trunk 0 and groups. A last group of one digit is a book's check digit, pairs of eight digits are times or days. */
  private static boolean isTrunk(String span, String shape, String digits, boolean dots) {
    if (digits.length() < USUAL || shape.endsWith("-1") || span.startsWith("0.")) return false;
    if (digits.length() == USUAL && PAIRS.matcher(span).matches()) return false;
    boolean certain = !dots && digits.charAt(1) != '0' && digits.length() >= LONG;
    return certain || Numbering.isNational(digits);
  }

  /** Whether nothing but times of day stand there, or a day and time without separators. */
  private static boolean isClock(String span, String digits) {
    return TIMES.matcher(span).matches() || STAMP.matcher(digits).matches();
  }

  /** A product's code: 8 or 13 digits, the last of which checks the others (GS1 General Specifications, 7.9). */
  static boolean isProduct(String digits) {
    if (digits.length() != 13 && digits.length() != 8) return false;
    int sum = 0;
    for (int i = 0; i < digits.length(); i++) sum += (digits.charAt(digits.length() - 1 - i) - '0') * (i % 2 == 0 ? 1 : 3);
    return sum % 10 == 0;
  }

  private static boolean hasPlus(Chain chain, int first) {
    int at = start(chain, first) - 1;
    while (at >= 0 && (chain.text.charAt(at) == ' ' || chain.text.charAt(at) == '(')) at--;
    return at >= 0 && chain.text.charAt(at) == '+';
  }

  /** Where the span begins, its opening bracket included. */
  private static int start(Chain chain, int first) {
    int at = chain.from(first);
    while (at > 0 && chain.text.charAt(at - 1) == '(') at--;
    return at;
  }

  private static boolean hasWord(Chain chain, int first) {
    int at = start(chain, first);
    return WORD.matcher(chain.text.substring(Math.max(0, at - SIGHT), at)).find();
  }
}
