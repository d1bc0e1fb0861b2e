package ignicloud.kernel;

import java.util.HashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** IBANs (ISO 13616): country, two check digits (ISO 7064, mod 97-10), and an account number of the country's own structure. */
final class Iban {
  static final int SHORTEST = 15;
  private static final int FARTHEST = 3, LONGEST_WORD = 4;
  /**
   * Country, then how many digits (n), letters (a) or either (c): the registry's release 101, and behind the bar
   * countries whose banks use IBANs that the registry doesn't list.
   */
  private static final String COUNTRIES =
      "AD8n12c AE19n AL8n16c AT16n AZ4a20c BA16n BE12n BG4a6n8c BH4a14c BI23n BR23n1a1c BY4c4n16c CH5n12c CR18n CY8n16c CZ20n DE18n DJ23n "
      + "DK14n DO4c20n EE16n EG25n ES20n FI14n FK2a12n FO14n FR10n11c2n GB4a14n GE2a16n GI4a15c GL14n GR7n16c GT24c HN4a20n HR17n HU24n "
      + "IE4a14n IL19n IQ4a15n IS22n IT1a10n12c JO4a4n18c KW4a22c KZ3n13c LB4n20c LC4a24c LI5n12c LT16n LU3n13c LV4a13c LY21n MC10n11c2n "
      + "MD20c ME18n MK3n10c2n MN16n MR23n MT4a5n18c MU4a19n3a NI4a20n NL4a10n NO11n OM3n16c PK4a16c PL24n PS4a21c PT21n QA4a21c RO4a16c "
      + "RS18n RU14n15c SA2n18c SC4a20n3a SD14n SE20n SI15n SK20n SM1a10n12c SO19n ST21n SV4a20n TL19n TN20n TR6n16c UA6n19c VA18n VG4a16n "
      + "XK16n YE4a4n18c "
      + "AO21n BF2c22n BJ2c22n CF23n CG23n CI2c22n CM23n CV21n DZ22n GA23n GQ23n GW2c19n IR22n KM23n MA24n MG23n ML2c22n MZ21n NE2c22n "
      + "SN2c22n TD23n TG2c22n";
  private static final Map<String, String> STRUCTURES = new HashMap<>();

  static {
    for (String country : COUNTRIES.split(" ")) {
      StringBuilder kinds = new StringBuilder();
      Matcher part = Pattern.compile("(\\d+)([nac])").matcher(country);
      while (part.find()) kinds.append(part.group(2).repeat(Integer.parseInt(part.group(1))));
      STRUCTURES.put(country.substring(0, 2), kinds.toString());
    }
  }

  private Iban() {}

  /** Whether one stands in the text, in groups with any separators or none, glued to other words or not. */
  static boolean isIn(String text) {
    for (int i = 0; i + SHORTEST <= text.length(); i++) {
      if (isLetter(text.charAt(i)) && begins(text, i)) return true;
    }
    return false;
  }

  private static boolean begins(String text, int from) {
    int second = next(text, from);
    if (second < 0 || !isLetter(text.charAt(second))) return false;
    int digit = next(text, second);
    if (digit < 0 || !Chain.isDigit(text.charAt(digit))) return false;
    String structure = STRUCTURES.get(("" + text.charAt(from) + text.charAt(second)).toUpperCase(java.util.Locale.ROOT));
    return structure != null && isAccount(text, from, structure);
  }

  /** Read letter by letter against the structure; the check comes last. */
  private static boolean isAccount(String text, int from, String structure) {
    int at = from, rest = 0, head = 0, word = 0;
    boolean separated = false, prose = false;
    for (int i = 0; i < structure.length() + 4; i++) {
      char c = text.charAt(at);
      if (i >= 2 && !fits(c, i < 4 ? 'n' : structure.charAt(i - 4))) return false;
      int value = Character.digit(c, 36);
      if (i < 4) head = (value > 9 ? head * 100 : head * 10) + value;
      else rest = (int) (((value > 9 ? rest * 100L : rest * 10L) + value) % 97);
      word = isLetter(c) && Character.isLowerCase(c) ? word + 1 : 0;
      prose |= word > LONGEST_WORD;
      if (i == structure.length() + 3) break;
      int next = next(text, at);
      if (next < 0) return false;
      if (next > at + 1) word = 0;
      separated |= next > at + 1;
      at = next;
    }
    return (rest * 1_000_000L + head) % 97 == 1 && !(separated && prose);
  }

  /** The place of the next letter or digit, few separators on, or -1. */
  private static int next(String text, int at) {
    for (int i = at + 1; i < text.length() && i <= at + 1 + FARTHEST; i++) {
      char c = text.charAt(i);
      if (isLetter(c) || Chain.isDigit(c)) return i;
      if (Character.isLetterOrDigit(c)) return -1;
    }
    return -1;
  }

  private static boolean fits(char c, char kind) {
    return kind == 'n' ? Chain.isDigit(c) : kind == 'a' ? isLetter(c) : true;
  }

  private static boolean isLetter(char c) {
    return c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z';
  }
}
