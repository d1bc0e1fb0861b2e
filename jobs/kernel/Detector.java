package ignicloud.kernel;

/**
 * What the gate's scanner can find. The ordinal is the bit in a scan's result; expectations/detectors.py
 * lists the same names in the same order.
 */
enum Detector {
  EMAIL,
  PHONE,
  IPV4,
  IPV6,
  IBAN,
  CARD,
  NIR,
  SIRET,
  MAC,
  JWT,
  CREDENTIALS_URL,
  UUID,
  KNOWN,
  KNOWN_NAME,
  KNOWN_REVERSED,
  KNOWN_BASE64,
  KNOWN_HEX,
  HASHED_MD5,
  HASHED_SHA1,
  HASHED_SHA256,
  HASHED_SHA512,
  HASHED_BLAKE2B,
  HASHED_UNSET_KEY,
  HASHED_OTHERWISE,
  /** Not a finding: something that could be a hash, of whatever. */
  DIGEST_LIKE,
  /** Not a finding: text beside tokens, long enough for an identifier of whatever class. */
  TEXT_LIKE,
  /** Not a finding: a token whose bytes hold text, by chance or not. */
  SPELT,
  /** Not a finding: a token, which could be the hash of anybody under a key that was never set. */
  TOKEN;

  /** The bits of everything that is told by the night's identifiers, not by its shape. */
  static final long ALL_KNOWN = (1L << DIGEST_LIKE.ordinal()) - (1L << KNOWN.ordinal());

  long bit() {
    return 1L << ordinal();
  }
}
