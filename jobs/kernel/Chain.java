package ignicloud.kernel;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Groups of digits with at most three separators between one and the next: in every run of neighbouring groups, a span,
 * a number can stand, alone or beside another one.
 */
final class Chain {
  private static final int FARTHEST = 3;
  private static final String SEPARATORS = "()./-_\u2010\u2012\u2013\u2014\u2212\u00b7";

  private static final Pattern DATE = Pattern.compile(
      "(?<!\\d)(?<!\\d[-./ ])(?:(?:19|20)\\d\\d([-./ ])(?:0?[1-9]|1[0-2])\\1(?:0?[1-9]|[12]\\d|3[01])|(?:0?[1-9]|[12]\\d|3[01])([-./])(?:0?[1-9]|1[0-2])\\2(?:(?:19|20)\\d\\d|\\d\\d)"
          + "|(?:0?[1-9]|[12]\\d|3[01]) (?:0?[1-9]|1[0-2]) (?:19|20)\\d\\d|(?:0?[1-9]|1[0-2])([-/])(?:0?[1-9]|[12]\\d|3[01])\\3(?:(?:19|20)\\d\\d|\\d\\d))(?![\\d]|[./]\\d)");

  final String text;
  private final List<int[]> groups = new ArrayList<>();
  private boolean[] dated;

  private Chain(String text) {
    this.text = text;
  }

  /** Every chain of at least {@code shortest} digits. */
  static List<Chain> in(String text, int shortest) {
    List<Chain> chains = new ArrayList<>();
    int from = 0;
    while (from < text.length()) {
      if (!isDigit(text.charAt(from))) {
        from++;
        continue;
      }
      Chain chain = new Chain(text);
      int digits = 0, next = from;
      do {
        int to = next;
        while (to < text.length() && isDigit(text.charAt(to))) to++;
        chain.groups.add(new int[] {next, to});
        digits += to - next;
        from = to;
        next = beyond(text, to);
      } while (next > 0);
      if (digits >= shortest) chains.add(chain);
    }
    return chains;
  }

  /** Where the next group begins, or 0. */
  private static int beyond(String text, int from) {
    for (int i = from; i < text.length() && i <= from + FARTHEST; i++) {
      char c = text.charAt(i);
      if (isDigit(c)) return i > from ? i : 0;
      if (!Character.isWhitespace(c) && SEPARATORS.indexOf(c) < 0) return 0;
    }
    return 0;
  }

  static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }

  int size() {
    return groups.size();
  }

  int from(int group) {
    return groups.get(group)[0];
  }

  int to(int group) {
    return groups.get(group)[1];
  }

  int length(int group) {
    return to(group) - from(group);
  }

  /** The text between a group and the one before it. */
  String before(int group) {
    return text.substring(to(group - 1), from(group));
  }

  /** Whether a number can begin with this group: the chain does, or a blank or slash stands before it. */
  boolean begins(int group) {
    return group == 0 || parts(before(group));
  }

  /** Whether a number can end with this group. */
  boolean ends(int group) {
    return group == size() - 1 || parts(before(group + 1));
  }

  private static boolean parts(String between) {
    return between.indexOf('/') >= 0 || between.chars().anyMatch(Character::isWhitespace);
  }

  /** Whether the group is part of a date, of which no other number is made. */
  boolean isDated(int group) {
    if (dated == null) {
      dated = new boolean[size()];
      Matcher date = DATE.matcher(size() < 3 ? "" : span(0, size() - 1));
      while (date.find()) {
        for (int i = 0; i < size(); i++) dated[i] |= from(i) - from(0) >= date.start() && from(i) - from(0) < date.end();
      }
    }
    return dated[group];
  }

  /** The digits of the groups first..last. */
  String digits(int first, int last) {
    StringBuilder digits = new StringBuilder();
    for (int i = first; i <= last; i++) digits.append(text, from(i), to(i));
    return digits.toString();
  }

  /** The lengths of the groups first..last, as in {@code 3-3-4}. */
  String shape(int first, int last) {
    StringBuilder shape = new StringBuilder().append(length(first));
    for (int i = first + 1; i <= last; i++) shape.append('-').append(length(i));
    return shape.toString();
  }

  /** The text from group {@code first} to group {@code last}, separators included. */
  String span(int first, int last) {
    return text.substring(from(first), to(last));
  }

  char charBefore(int at) {
    return at > 0 ? text.charAt(at - 1) : ' ';
  }

  char charAfter(int group) {
    return to(group) < text.length() ? text.charAt(to(group)) : ' ';
  }
}
