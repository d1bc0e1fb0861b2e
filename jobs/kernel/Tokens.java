package ignicloud.kernel;

import java.util.List;
import java.util.Map;

/**
 * Tokens and encrypted addresses in a text, by their exact shape. Sixteen letters spell names: by chance
 * {@code ip4_hubert} is an address, and 8 letters read as base64 are a word. That tokens are those of the
 * right key is checked for all of them together, so they are taken out before words are looked for.
 */
final class Tokens {
  /** Prefix → numbers of letters behind it, as in policy/shapes.py. */
  static final Map<String, List<Integer>> SHAPES = Map.ofEntries(
      Map.entry("usr", List.of(32)), Map.entry("org", List.of(32)), Map.entry("ses", List.of(32)), Map.entry("evt", List.of(32)),
      Map.entry("obj", List.of(32)), Map.entry("ctr", List.of(32)), Map.entry("inv", List.of(32)), Map.entry("cky", List.of(32)),
      Map.entry("cus", List.of(32)), Map.entry("eml", List.of(32)), Map.entry("tel", List.of(32)), Map.entry("fna", List.of(32)),
      Map.entry("nam", List.of(32)), Map.entry("com", List.of(32)), Map.entry("str", List.of(32)), Map.entry("adr", List.of(32)),
      Map.entry("ip4", List.of(6, 8)), Map.entry("ip6", List.of(16, 32)));
  private static final int PREFIX = 3;

  private Tokens() {}

  /** The text with a blank instead of each token; the letters of each are added to {@code letters}. */
  static String removed(String text, List<String> letters) {
    StringBuilder rest = null;
    int done = 0;
    for (int at = text.indexOf('_', PREFIX); at >= 0; at = text.indexOf('_', at + 1)) {
      int end = Modhex.end(text, at + 1);
      if (at - PREFIX < done || !isToken(text, at, end)) continue;
      letters.add(text.substring(at + 1, end));
      if (rest == null) rest = new StringBuilder(text.length());
      rest.append(text, done, at - PREFIX).append(' ');
      done = end;
    }
    return rest == null ? text : rest.append(text, done, text.length()).toString();
  }

  private static boolean isToken(String text, int underscore, int end) {
    int from = underscore - PREFIX;
    if (from > 0 && Character.isLetterOrDigit(text.charAt(from - 1))) return false;
    if (end < text.length() && (Character.isLetterOrDigit(text.charAt(end)) || text.charAt(end) == '_')) return false;
    List<Integer> lengths = SHAPES.get(text.substring(from, underscore));
    return lengths != null && lengths.contains(end - underscore - 1);
  }
}
