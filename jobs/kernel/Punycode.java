package ignicloud.kernel;

/** RFC 3492, decoded: the letters of an internationalised label behind its {@code xn--}. */
final class Punycode {
  private static final int BASE = 36, LOWEST = 1, HIGHEST = 26, SKEW = 38, DAMP = 700, BIAS = 72, FIRST = 128;
  /** A label of the DNS; of a longer text nothing is decoded, so no number here can overflow. */
  static final int LONGEST = 63;

  private Punycode() {}

  /** Null if it is no such code. */
  static String decoded(String code) {
    int place = code.lastIndexOf('-') + 1, bias = BIAS;
    StringBuilder text = new StringBuilder(code.substring(0, Math.max(0, place - 1)));
    long number = FIRST, at = 0;
    while (place < code.length()) {
      long before = at, weight = 1;
      for (int step = BASE; ; step += BASE) {
        int digit = place < code.length() ? digit(code.charAt(place++)) : -1;
        if (digit < 0) return null;
        at += digit * weight;
        if (at > Integer.MAX_VALUE) return null;
        int threshold = Math.min(Math.max(step - bias, LOWEST), HIGHEST);
        if (digit < threshold) break;
        weight *= BASE - threshold;
        if (weight > Integer.MAX_VALUE) return null;
      }
      int points = text.codePointCount(0, text.length()) + 1;
      bias = adapted(at - before, points, before == 0);
      number += at / points;
      at %= points;
      if (number > Character.MAX_CODE_POINT || number >= Character.MIN_SURROGATE && number <= Character.MAX_SURROGATE) return null;
      text.insert(text.offsetByCodePoints(0, (int) at++), Character.toString((int) number));
    }
    return text.toString();
  }

  private static int digit(char c) {
    if (c >= 'a' && c <= 'z') return c - 'a';
    return c >= '0' && c <= '9' ? c - '0' + 26 : -1;
  }

  private static int adapted(long delta, int points, boolean first) {
    long left = first ? delta / DAMP : delta / 2;
    left += left / points;
    int bias = 0;
    for (; left > (BASE - LOWEST) * HIGHEST / 2; bias += BASE) left /= BASE - LOWEST;
    return (int) (bias + (BASE - LOWEST + 1) * left / (left + SKEW));
  }
}
