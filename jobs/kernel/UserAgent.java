package ignicloud.kernel;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.unsafe.types.UTF8String;

/**
 * User agent → its family by the rules of uap-core, the first that fits; {@code other} if none does.
 * Null stays null. The rules' expressions backtrack, and the text is the attacker's: what is longer
 * than any browser's, or needs more steps than any browser's, is {@code other} too.
 */
public final class UserAgent extends KernelFunction<UTF8String> {
  private static final UTF8String OTHER = UTF8String.fromString("other");
  private static final int LONGEST = 512, STEPS = 2_000_000, REMEMBERED = 50_000;
  private static final Rule[] RULES = rules();
  private static final ConcurrentHashMap<UTF8String, UTF8String> SEEN = new ConcurrentHashMap<>();

  private record Rule(String needed, String family, Pattern pattern) {}

  UserAgent() {
    super("user_agent", DataTypes.StringType, DataTypes.StringType);
  }

  public static UTF8String invoke(UTF8String userAgent) {
    if (userAgent == null) return null;
    if (userAgent.numBytes() > LONGEST) return OTHER;
    UTF8String family = SEEN.get(userAgent);
    if (family == null) {
      if (SEEN.size() >= REMEMBERED) SEEN.clear();
      family = family(userAgent.toString());
      SEEN.put(userAgent.copy(), family); // what Spark hands over is only lent
    }
    return family;
  }

  private static UTF8String family(String userAgent) {
    Patient text = new Patient(userAgent);
    try {
      for (Rule rule : RULES) {
        if (!userAgent.contains(rule.needed)) continue;
        Matcher found = rule.pattern.matcher(text);
        if (!found.find()) continue;
        String first = found.groupCount() > 0 ? found.group(1) : null;
        return UTF8String.fromString(first == null ? rule.family : rule.family.replace("$1", first));
      }
    } catch (TooManySteps | StackOverflowError attack) {
      return OTHER;
    }
    return OTHER;
  }

  private static Rule[] rules() {
    try (BufferedReader lines = new BufferedReader(new InputStreamReader(
        UserAgent.class.getResourceAsStream("user_agents.tsv"), StandardCharsets.UTF_8))) {
      return lines.lines().map(line -> line.split("\t", 3))
          .map(parts -> new Rule(parts[0], parts[1], Pattern.compile(parts[2], Pattern.UNIX_LINES)))
          .toArray(Rule[]::new);
    } catch (IOException error) {
      throw new IllegalStateException("the kernel's user agent rules can't be read");
    }
  }

  private static final class TooManySteps extends RuntimeException {
    TooManySteps() {
      super(null, null, false, false);
    }
  }

  /** A text that lets itself be looked at a limited number of times. */
  private static final class Patient implements CharSequence {
    private final String text;
    private int steps;

    Patient(String text) {
      this.text = text;
    }

    @Override
    public char charAt(int index) {
      if (++steps > STEPS) throw new TooManySteps();
      return text.charAt(index);
    }

    @Override
    public int length() {
      return text.length();
    }

    @Override
    public CharSequence subSequence(int from, int to) {
      return text.substring(from, to);
    }

    @Override
    public String toString() {
      return text;
    }
  }
}
