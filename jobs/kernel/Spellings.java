package ignicloud.kernel;

import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** How an identifier of a class is written: what is searched for in texts, and what somebody would put into a hash. */
final class Spellings {
  private static final Set<String> RANDOM = Set.of("event", "object", "session", "invoice", "contract", "cookie");
  private static final int LOCAL_PART = 9, STREET = 10, SHORTEST_PHONE = 8;
  private static final Pattern TOWN = Pattern.compile("[,;\\n]|\\s(?=[\\p{L}]{0,2}-?\\d{4,6}\\s+\\p{L})");
  private static final String[][] SPELT_OUT = {{"ä", "ae"}, {"ö", "oe"}, {"ü", "ue"}, {"å", "aa"}, {"ø", "oe"}};
  private static final Charset WINDOWS = Charset.forName("windows-1252");

  private Spellings() {}

  /** The letters and digits of each; an address is a number, too. */
  static Set<String> searched(String identifier, String region, String value) {
    Set<String> forms = new LinkedHashSet<>();
    byte[] address = identifier.equals("address") ? Address.parse(value.strip()) : null;
    if (address != null) {
      String hex = HexFormat.of().formatHex(address);
      forms.add(hex);
      forms.add(address.length == 4 ? String.valueOf(Long.parseLong(hex, 16)) : compact(Address.canonical(address)));
      if (address.length == 4) forms.add("0x" + hex);
      return forms;
    }
    forms.add(compact(value));
    forms.add(compact(spelt(value)));
    int at = value.indexOf('@');
    if (at > 0 && compact(value.substring(0, at)).length() >= LOCAL_PART) forms.add(compact(value.substring(0, at)));
    if (identifier.equals("phone")) {
      for (String form : numbers(value, region)) if (form.length() >= SHORTEST_PHONE && form.charAt(0) != '+') forms.add(form);
    }
    if (identifier.equals("street")) forms.addAll(streets(value));
    return forms;
  }

  static String compact(String value) {
    Compact form = new Compact(Cleaned.folded(Cleaned.visible(value)));
    return new String(form.chars, 0, Math.min(form.length, Identifier.LONGEST));
  }

  /** As where no accents can be typed: {@code Mueller}. */
  private static String spelt(String value) {
    String small = value.toLowerCase(Locale.ROOT);
    for (String[] pair : SPELT_OUT) small = small.replace(pair[0], pair[1]);
    return small;
  }

  /** What stands before a comma, a line's end or a postcode, where it has a number and is long enough for a street. */
  private static List<String> streets(String value) {
    List<String> found = new ArrayList<>();
    Matcher town = TOWN.matcher(Cleaned.visible(value));
    while (town.find()) {
      String street = compact(value.substring(0, Math.min(value.length(), town.start())));
      if (street.length() >= STREET && street.chars().anyMatch(Character::isDigit)) found.add(street);
    }
    return found;
  }

  /** E.164 with and without the plus, the national number alone, with its trunk prefix, and behind 00. */
  private static Set<String> numbers(String value, String region) {
    Set<String> forms = new LinkedHashSet<>();
    for (String meaning : Numbering.meanings(Cleaned.visible(value), region)) {
      String code = meaning.substring(0, meaning.indexOf(' ')), national = meaning.substring(code.length() + 1);
      forms.add("+" + code + national);
      forms.add(code + national);
      forms.add(national);
      forms.add(Numbering.trunk(code) + national);
    }
    return forms;
  }

  /** What somebody would put into a hash; of ids that the platform draws at random, just the id. */
  static Set<String> hashed(String identifier, String region, String value) {
    Set<String> forms = new LinkedHashSet<>();
    forms.add(value);
    if (RANDOM.contains(identifier)) return forms;
    String plain = Cleaned.visible(value).strip();
    forms.add(value.strip());
    forms.add(value.strip().toLowerCase(Locale.ROOT));
    forms.add(plain.toLowerCase(Locale.ROOT));
    forms.add(compact(value));
    add(forms, Normalise.normalised(normalisation(identifier), value));
    if (identifier.equals("phone")) forms.addAll(numbers(value, region));
    byte[] address = identifier.equals("address") ? Address.parse(value.strip()) : null;
    if (address != null) forms.add(Address.canonical(address));
    return forms;
  }

  /** What programs make of a value before they hash it: other case, other normal form, a line's end, another encoding. */
  static List<byte[]> accidents(String identifier, String value) {
    Set<String> texts = new LinkedHashSet<>();
    String plain = value.strip(), small = plain.toLowerCase(Locale.ROOT), capital = plain.toUpperCase(Locale.ROOT);
    if (RANDOM.contains(identifier)) texts.add(compact(value));
    else if (!isAscii(plain)) {
      texts.addAll(List.of(plain, small, Normalizer.normalize(plain, Normalizer.Form.NFC), Normalizer.normalize(plain, Normalizer.Form.NFD),
          Normalizer.normalize(plain, Normalizer.Form.NFKC), Cleaned.folded(Cleaned.visible(plain)), spelt(plain)));
      texts.add(Cleaned.caseless(Normalizer.normalize(plain, Normalizer.Form.NFKC)));
      texts.add(small.replace('ς', 'σ'));
      texts.add(small.replace("i\u0307", "i"));
    }
    texts.add(small);
    texts.add(capital);
    texts.add(plain.replaceAll("[^\\p{L}\\p{M}\\p{N}]", "").toLowerCase(Locale.ROOT));
    add(texts, Normalise.normalised(normalisation(identifier), value));
    List<byte[]> found = new ArrayList<>();
    for (String text : texts) found.add(text.getBytes(StandardCharsets.UTF_8));
    for (String text : new LinkedHashSet<>(List.of(plain, small, capital))) {
      for (String end : new String[] {"\n", "\r\n"}) found.add((text + end).getBytes(StandardCharsets.UTF_8));
      found.add(text.getBytes(StandardCharsets.UTF_16LE));
      if (!isAscii(text)) found.add(text.getBytes(WINDOWS));
    }
    return found;
  }

  private static void add(Set<String> forms, String form) {
    if (form != null) forms.add(form);
  }

  private static boolean isAscii(String text) {
    return text.chars().allMatch(c -> c < 128);
  }

  private static String normalisation(String identifier) {
    switch (identifier) {
      case "email": case "phone": case "address": return identifier;
      case "person": case "company": return "uuid";
      default: return "exact";
    }
  }
}
