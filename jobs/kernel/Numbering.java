package ignicloud.kernel;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** The world's telephone numbers: calling codes (E.164) and what is valid behind them, as jobs/kernel/phones.py wrote it down. */
final class Numbering {
  private static final int LONGEST_CODE = 3;
  private static final Map<String, List<Region>> BY_CODE = new TreeMap<>();
  private static final Map<String, Region> BY_NAME = new TreeMap<>();
  /** Where a national number without a country is looked for: the regions of the European Economic Area, Britain, Switzerland. */
  private static final List<String> NEAR = List.of(
      "AT", "BE", "BG", "CH", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GB", "GR", "HR", "HU", "IE", "IS", "IT", "LI", "LT", "LU",
      "LV", "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK");

  static {
    try (InputStream rules = Numbering.class.getResourceAsStream("phones.tsv");
        BufferedReader lines = new BufferedReader(new InputStreamReader(rules, StandardCharsets.US_ASCII))) {
      lines.lines().filter(line -> !line.startsWith("#")).map(Region::new).forEach(region -> {
        BY_CODE.computeIfAbsent(region.code, code -> new ArrayList<>(1)).add(region);
        BY_NAME.put(region.name, region);
      });
    } catch (IOException error) {
      throw new IllegalStateException("the kernel's jar holds no rules of telephone numbers");
    }
  }

  private Numbering() {}

  /** One region's rules. */
  private static final class Region {
    final String name, code, trunk;
    final Set<Integer> lengths;
    final Set<String> groups;
    private final String rule;
    private Pattern valid;

    Region(String line) {
      String[] field = line.split("\t", -1);
      name = field[0];
      code = field[1];
      trunk = field[2];
      lengths = Arrays.stream(field[3].split(",")).filter(each -> !each.isEmpty()).map(Integer::valueOf).collect(Collectors.toSet());
      groups = Set.of(field[4].isEmpty() ? new String[0] : field[4].split(" "));
      rule = field[9];
    }

    synchronized boolean isValid(String national) {
      if (!lengths.contains(national.length())) return false;
      if (valid == null) valid = Pattern.compile(rule);
      return valid.matcher(national).matches();
    }

    /** What of a number as it is dialled inside the region goes abroad, or null if that is no valid number. */
    String national(String dialled) {
      if (!trunk.isEmpty() && dialled.startsWith(trunk) && isValid(dialled.substring(trunk.length()))) return dialled.substring(trunk.length());
      return isValid(dialled) ? dialled : null;
    }
  }

  /** The calling code that begins these digits, or null. */
  static String code(String digits) {
    for (int length = 1; length <= Math.min(LONGEST_CODE, digits.length()); length++) {
      if (BY_CODE.containsKey(digits.substring(0, length))) return digits.substring(0, length);
    }
    return null;
  }

  /** Whether some region behind the code has numbers that long, a trunk 0 behind the code counted or not. */
  static boolean isPossible(String digits) {
    String code = code(digits);
    if (code == null) return false;
    int length = digits.length() - code.length();
    boolean trunk = digits.startsWith("0", code.length());
    return BY_CODE.get(code).stream().anyMatch(each -> each.lengths.contains(length) || trunk && each.lengths.contains(length - 1));
  }

  /** Whether these digits are calling code and valid number. */
  static boolean isInternational(String digits) {
    String code = code(digits);
    return code != null && BY_CODE.get(code).stream().anyMatch(each -> each.isValid(digits.substring(code.length())));
  }

  /** Whether some region's subscribers dial these digits among themselves, trunk prefix or leading zero included. */
  static boolean isNational(String digits) {
    return digits.charAt(0) == '0' && BY_NAME.values().stream().anyMatch(each -> each.national(digits) != null);
  }

  /** Whether some region without a trunk 0 writes a valid number in just these groups. */
  static boolean isGrouped(String digits, String groups) {
    return BY_NAME.values().stream().anyMatch(each -> each.groups.contains(groups) && each.isValid(digits));
  }

  /** Whether these are the digits of a number of North America, where no trunk 0 marks it. */
  static boolean isAmerican(String digits) {
    return BY_CODE.get("1").stream().anyMatch(each -> each.isValid(digits));
  }

  /**
   * Calling code and national number, each pair as {@code 33 612345678}, that the text of a number can mean. What has
   * no calling code is read as the region's own; without a region, as that of each near one where it is valid.
   */
  static Set<String> meanings(String text, String region) {
    String digits = text.replaceAll("\\D", "");
    boolean plus = text.strip().startsWith("+") || text.strip().startsWith("(+");
    Set<String> found = new LinkedHashSet<>();
    if (plus || digits.startsWith("00")) abroad(plus ? digits : digits.substring(2), found);
    if (!found.isEmpty() || plus) return found;
    for (String name : BY_NAME.containsKey(region) ? List.of(region) : NEAR) {
      Region here = BY_NAME.get(name);
      String national = here.national(digits);
      if (national == null && name.equals(region) && !here.trunk.isEmpty() && digits.startsWith(here.trunk)) {
        national = digits.substring(here.trunk.length()); // the account says where it is, whatever the rules say
      }
      if (national != null) found.add(here.code + " " + national);
    }
    if (found.isEmpty() && isInternational(digits)) abroad(digits, found);
    return found;
  }

  /** A trunk 0 that stands behind the calling code, as in {@code +33 (0)4}, isn't dialled from abroad. */
  private static void abroad(String digits, Set<String> found) {
    String code = code(digits);
    if (code == null) return;
    String national = digits.substring(code.length());
    Region first = BY_CODE.get(code).get(0);
    boolean trunk = !first.trunk.isEmpty() && national.startsWith(first.trunk) && !isInternational(digits);
    found.add(code + " " + (trunk ? national.substring(first.trunk.length()) : national));
  }

  /** The trunk prefix of the code's regions: what is dialled at home before the national number. */
  static String trunk(String code) {
    return BY_CODE.get(code).get(0).trunk;
  }
}
