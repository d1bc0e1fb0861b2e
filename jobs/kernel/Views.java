package ignicloud.kernel;

import java.math.BigDecimal;
import java.net.IDN;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The views in which one cell is searched: as it stands, after each round of undoing escapes, and each of those without
 * what people and programs put between letters. The first view keeps what unescaping destroys: the {@code \r} of
 * {@code CORP\robert} is no line break. Every view is visible text ({@link Cleaned}).
 */
final class Views {
  private static final int ROUNDS = 4, LONGEST_WORD = 32, MOST_BREAKS = 3;
  private static final Pattern TAG = Pattern.compile("<[/!]?\\p{L}[^<>]{0,200}>|<!--.{0,200}?-->");
  private static final Pattern BRACKETED = Pattern.compile("(?i)\\s*[\\[({<]\\s*(\\.|:|@|at|dot|punkt|point|arobase)\\s*[\\])}>]\\s*");
  private static final Pattern SPOKEN = Pattern.compile("(?i)(?<=[\\p{L}\\p{N}])\\s+(at|dot|arobase|point|punkt)\\s+(?=[\\p{L}\\p{N}])");
  private static final Pattern SPELT = Pattern.compile("(?<![\\p{L}\\p{N}])[\\p{L}\\p{N}@](?:([^\\p{L}\\p{N}]{1,4})[\\p{L}\\p{N}@.])(?:\\1[\\p{L}\\p{N}@.]){2,63}(?![\\p{L}\\p{N}])");
  private static final Pattern QUOTED = Pattern.compile("=(?:[0-9A-Fa-f]{2}|\\s*\\r?\\n)"), PUNYCODE = Pattern.compile("(?i)xn--[a-z0-9-]+");
  private static final Pattern SCIENTIFIC = Pattern.compile("(?<![\\w.])\\d\\.\\d{4,17}[eE]\\+?\\d{1,2}(?!\\w)");
  private static final Pattern RUN = Pattern.compile("[\\p{L}\\p{N}+/=]+"), BASE64 = Pattern.compile("(?=.*[0-9+/=])[A-Za-z0-9+/]{14,}={0,2}");
  private static final Pattern WORD = Pattern.compile("[\\p{L}\\p{N}]+"), BREAK = Pattern.compile("(?<=\\p{Ll})(?=\\p{Lu})|(?<=\\p{L})(?=\\p{N})|(?<=\\p{N})(?=\\p{L})");
  private static final List<UnaryOperator<String>> READINGS = List.of(
      text -> text.indexOf('<') < 0 ? text : TAG.matcher(text).replaceAll(""),
      Views::refanged, Views::respelt,
      text -> text.indexOf('=') < 0 || !QUOTED.matcher(text).find() ? text : Escapes.unquoted(text),
      text -> !PUNYCODE.matcher(text).find() ? text : PUNYCODE.matcher(text).replaceAll(label -> Matcher.quoteReplacement(IDN.toUnicode(label.group()))),
      text -> SCIENTIFIC.matcher(text).replaceAll(number -> new BigDecimal(number.group()).toPlainString()),
      Views::broken);

  private Views() {}

  /** Every view, different ones only; the first is the cell as it stands. */
  static List<String> of(String cell) {
    Set<String> texts = new LinkedHashSet<>();
    texts.add(cell);
    String text = cell;
    for (int round = 0; round < ROUNDS && Escapes.mayBeIn(text); round++) {
      text = Escapes.undone(text);
      if (!texts.add(text)) break;
    }
    for (String each : new ArrayList<>(texts)) {
      for (String before : Misread.before(each)) {
        texts.add(before);
        texts.addAll(Misread.before(before));
      }
    }
    Set<String> views = new LinkedHashSet<>();
    for (String each : texts) views.add(Cleaned.visible(each));
    for (String view : new ArrayList<>(views)) for (UnaryOperator<String> reading : READINGS) views.add(reading.apply(view));
    return List.copyOf(views);
  }

  /** What is written so that nobody clicks it: {@code 203[.]0[.]113[.]7}, {@code jane (at) firm (dot) example}. */
  private static String refanged(String text) {
    String plain = BRACKETED.matcher(text).replaceAll(sign -> sign(sign.group(1)));
    return SPOKEN.matcher(plain).replaceAll(word -> sign(word.group(1)));
  }

  private static String sign(String word) {
    switch (word.toLowerCase(java.util.Locale.ROOT)) {
      case "at": case "arobase": case "@": return "@";
      case ":": return ":";
      default: return ".";
    }
  }

  /** Letters one by one, with the same between each: {@code D u p o n t}, {@code ["D","u","p"]}. */
  private static String respelt(String text) {
    return SPELT.matcher(text).replaceAll(letters -> {
      StringBuilder word = new StringBuilder();
      String found = letters.group(), between = letters.group(1);
      for (int i = 0; i < found.length(); i += 1 + between.length()) word.append(found.charAt(i));
      return Matcher.quoteReplacement(word.toString());
    });
  }

  /** Words that capitals or digits join: {@code JaneRoe}, {@code dupont75}; not what has many, or is base64: no words. */
  private static String broken(String text) {
    return RUN.matcher(text).replaceAll(run -> Matcher.quoteReplacement(BASE64.matcher(run.group()).matches() ? run.group() : brokenWords(run.group())));
  }

  private static String brokenWords(String run) {
    return WORD.matcher(run).replaceAll(found -> {
      String word = found.group();
      if (word.length() > LONGEST_WORD) return word;
      String[] parts = BREAK.split(word);
      return parts.length > MOST_BREAKS + 1 ? word : String.join(" ", parts);
    });
  }
}
