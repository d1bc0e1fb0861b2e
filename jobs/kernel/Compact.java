package ignicloud.kernel;

/** A folded text without everything that isn't a letter or digit, and where its words begin and end. */
final class Compact {
  final char[] chars;
  final boolean[] edge;
  int length;

  /** {@code edge[i]}: a word begins at character i, or ended just before it. */
  Compact(String folded) {
    chars = new char[folded.length()];
    edge = new boolean[folded.length() + 1];
    boolean between = true;
    for (int i = 0; i < folded.length(); i++) {
      int code = folded.codePointAt(i);
      if (Character.isLetterOrDigit(code)) {
        edge[length] |= between;
        chars[length++] = folded.charAt(i);
        if (code > Character.MAX_VALUE) chars[length++] = folded.charAt(++i);
        between = false;
      } else {
        if (code > Character.MAX_VALUE) i++;
        between = true;
        edge[length] = true;
      }
    }
    edge[length] = true;
  }

  Compact reversed() {
    return new Compact(new StringBuilder(new String(chars, 0, length)).reverse().toString());
  }

  /** Every Latin letter as the one thirteen places on (ROT13); words stay where they are. */
  Compact rotated() {
    char[] turned = new char[length];
    for (int i = 0; i < length; i++) turned[i] = chars[i] >= 'a' && chars[i] <= 'z' ? (char) ('a' + (chars[i] - 'a' + 13) % 26) : chars[i];
    return new Compact(new String(turned));
  }
}
