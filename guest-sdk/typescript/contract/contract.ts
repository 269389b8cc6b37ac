// Generated from the contract: not to be edited.
/**
 * Values of variable length, one after the other in one buffer.
 *
 * Value `i` is `data[offsets[i] .. offsets[i + 1]]`. There is one more offset than rows, the first is 0, they never
 * fall, and the last is at most the length of `data`. A null has an empty value. A column of no rows has one offset.
 */
export interface Variable {
  offsets: ArrayLike<number>;
  data: Uint8Array;
}

/**
 * The values of a column, by type. Each list has one entry for each row, a null's entry has no meaning.
 */
export type Values =
  /**
   * UTF-8: each value by itself is whole and valid.
   */
  | { tag: "text"; val: Variable }
  /**
   * Any bytes.
   */
  | { tag: "binary"; val: Variable }
  | { tag: "int64"; val: ArrayLike<number> }
  | { tag: "float64"; val: ArrayLike<number> }
  /**
   * One bit for each row, least significant bit first, the last byte padded with zeros.
   */
  | { tag: "boolean"; val: Uint8Array }
  /**
   * Days since 1970-01-01, as in Arrow `Date32`.
   */
  | { tag: "date32"; val: ArrayLike<number> }
  /**
   * Microseconds since 1970-01-01T00:00:00, as in Arrow `Timestamp(Microsecond)`.
   */
  | { tag: "timestamp"; val: ArrayLike<number> };

/**
 * One column of one batch.
 */
export interface Column {
  /**
   * How many rows: what every list in `values` is measured against.
   */
  rows: number;
  /**
   * One bit for each row, least significant bit first: 1 a value, 0 a null. Absent: no row is null.
   */
  validity: Uint8Array | null;
  values: Values;
}

/**
 * What is asked of the plugin, the same for every batch of a run.
 */
export interface Request {
  /**
   * Which of the transforms in the plugin's manifest.
   */
  transform: string;
  /**
   * The rule's `with:` as a JSON object, every default filled in, checked against the transform's schema before.
   */
  config: string;
  /**
   * The policy's reference date in days since 1970-01-01: the only "today" there is. Always there if the
   * transform's manifest says that it needs it.
   */
  referenceDate: number | null;
}

/**
 * Why one row could not be handled.
 */
export type RejectionCode =
  /**
   * The value is not of the form that the transform reads: a date that is none, a number with letters.
   */
  | "unparsable"
  /**
   * The value was read, and lies outside what the transform handles.
   */
  | "out-of-range"
  /**
   * The transform would have to return the value as it came.
   */
  | "unchanged"
  /**
   * The row has no value where the transform needs one, for instance no subject to key by.
   */
  | "missing"
  /**
   * The value is of a kind that the transform does not handle.
   */
  | "unsupported";

/**
 * One row that could not be handled, and why. The row's values in the returned columns are ignored.
 */
export interface Rejection {
  /**
   * Counted from 0 in this batch.
   */
  row: number;
  code: RejectionCode;
}

/**
 * The answer of a masker.
 */
export interface Masked {
  /**
   * One for each column that was to be masked, in their order, with the same rows in the same order; each of the
   * type that the manifest says it has.
   */
  columns: Column[];
  /**
   * The rows that are not masked, each at most once, in rising order. All others are.
   */
  rejections: Rejection[];
}

/**
 * What a classifier says of one column.
 */
export interface Finding {
  /**
   * Index into the columns of the call.
   */
  column: number;
  /**
   * Index into the labels of the plugin's manifest.
   */
  label: number;
  /**
   * How many of the non-null values speak for the label.
   */
  matched: number;
  /**
   * How many non-null values were looked at.
   */
  examined: number;
}

/**
 * Why a whole batch could not be handled. The host stops the run: no row of the batch is written.
 */
export type BatchError =
  /**
   * The manifest and the code disagree: the plugin does not know the transform.
   */
  | "unknown-transform"
  /**
   * The configuration passed its schema and still makes no sense.
   */
  | "invalid-config"
  /**
   * A column is of a type that the transform does not take.
   */
  | "unsupported-type"
  /**
   * There are more or fewer columns than the transform takes.
   */
  | "wrong-columns"
  /**
   * The transform needs a reference date and was given none.
   */
  | "no-reference-date"
  /**
   * The host refused the lent key.
   */
  | "key-refused"
  /**
   * A fault of the plugin's own.
   */
  | "internal";

/**
 * Why the host refused a keyed operation.
 */
export type KeyError =
  /**
   * The operation names a column that was not lent with this call.
   */
  | "not-granted"
  /**
   * The call has used up what it was granted: one operation for each lent cell.
   */
  | "quota-exhausted"
  /**
   * A parameter lies outside what its documentation allows.
   */
  | "invalid-parameter"
  /**
   * The column is of a type that has no canonical bytes.
   */
  | "unsupported-type";

/**
 * Saying what a column holds.
 */
export interface Classify {
  /**
   * Counts, for each column and each label of the plugin's manifest, the values that speak for the label.
   *
   * `names` has the name of each column, which counts as evidence too.
   * Normal case: the findings with any match, in any order; counts of several batches are added up by the host.
   * Null: nulls are neither matched nor examined.
   * Edge: columns of no rows give no findings.
   * Error: the whole batch is refused, and no label is suggested from it.
   */
  classify(request: Request, names: ArrayLike<string>, columns: Column[]): Finding[];
}

/**
 * Permission to learn the offset of each row's subject, for one call.
 */
export interface DateShiftKey {
  /**
   * The offset of each row's subject in days: between -`max-days` and `max-days`, never 0, derived under the key
   * from the subject alone. So the intervals between all dates of one individual stay, in every table.
   *
   * `max-days` is 1 to 36500.
   * Normal case: one offset for each row of the batch.
   * Null: 0 for a row whose subject is null; such a row has no offset and is to be rejected as `missing`.
   * Error: `max-days` out of range, or the quota (one answer for each call) spent.
   */
  offsets(maxDays: number): ArrayLike<number>;
}

/**
 * Masking with a key for date shifts.
 */
export interface MaskWithDateShiftKey {
  /**
   * Like `mask.mask`, with the key lent for this call.
   */
  mask(request: Request, columns: Column[], context: Column[], key: DateShiftKey): Masked;
}

/**
 * Permission to encrypt the columns of one call under one key, for as long as the call lasts.
 */
export interface EncryptionKey {
  /**
   * The ciphertext of every value of a column: AES-256-GCM under a key of this call's own, bound to the domain and to
   * the name of the column. Equal values have different ciphertexts. Nonces are counted within the call, so that no
   * key comes near the 2^32 of NIST SP 800-38D, 8.3, however many calls, runs and processes use the operator's.
   *
   * `column` is an index into the columns of the call, the ones to mask first and the context after them. Text and
   * binary are encrypted as they are, int64 as its decimal text.
   * Normal case: one value for each row, 41 bytes longer than what it was made of: a header that says which version
   * of the key opens it, the ciphertext, the tag.
   * Null: empty.
   * Error: a column that was not lent, a type without canonical bytes, or the quota (each lent cell can be encrypted
   * once) spent.
   */
  encrypt(column: number): Variable;
}

/**
 * Masking with a key for encryption.
 */
export interface MaskWithEncryptionKey {
  /**
   * Like `mask.mask`, with the key lent for this call.
   */
  mask(request: Request, columns: Column[], context: Column[], key: EncryptionKey): Masked;
}

/**
 * Permission to encrypt the columns of one call under one key, for as long as the call lasts.
 */
export interface DeterministicEncryptionKey {
  /**
   * The ciphertext of every value of a column: AES-SIV (RFC 5297), bound to the domain and to the name of the column.
   * Equal values of columns of one name have equal ciphertexts, and only those.
   *
   * As `encryption-key.encrypt`, but 21 bytes longer than what it was made of.
   */
  encrypt(column: number): Variable;
}

/**
 * Masking with a key for deterministic encryption.
 */
export interface MaskWithDeterministicEncryptionKey {
  /**
   * Like `mask.mask`, with the key lent for this call.
   */
  mask(request: Request, columns: Column[], context: Column[], key: DeterministicEncryptionKey): Masked;
}

/**
 * Which characters of a value are encrypted.
 */
export interface Symbols {
  /**
   * The alphabet, 2 to 94 different printable ASCII characters. Characters of a value that are not in it are left out.
   */
  alphabet: string;
  /**
   * How many of the value's symbols are left out at its start.
   */
  skipFirst: number;
  /**
   * How many of the value's symbols are left out at its end.
   */
  skipLast: number;
  /**
   * What separates uses of one key: equal symbols have other ciphertexts under another tweak. Up to 256 bytes.
   */
  tweak: string;
}

/**
 * Permission to encrypt the columns of one call under one key, for as long as the call lasts.
 */
export interface FormatPreservingKey {
  /**
   * The encrypted symbols of every value of a column: FF1 with AES-256 (NIST SP 800-38G). Equal symbols have equal
   * ciphertexts of the same length and alphabet, in every column of the domain.
   *
   * `column` is an index into the columns of the call, the ones to mask first and the context after them.
   * Normal case: one value for each row, the symbols that take the place of those that are not left out, in order.
   * Null: empty. A value whose symbols are so few that fewer than a million such values exist: empty, since they
   * could be tried one by one (SP 800-38G, Rev. 1). One of more than 512 symbols: empty. Nothing else is, so that a
   * plugin can tell it.
   * Error: a column that was not lent, an alphabet or tweak out of range, a type that is neither text nor int64, or
   * the quota (each lent cell can be encrypted once) spent.
   */
  encrypt(column: number, symbols: Symbols): Variable;
}

/**
 * Masking with a key for format-preserving encryption.
 */
export interface MaskWithFormatPreservingKey {
  /**
   * Like `mask.mask`, with the key lent for this call.
   */
  mask(request: Request, columns: Column[], context: Column[], key: FormatPreservingKey): Masked;
}

/**
 * A piece of a value: its bytes `start .. end`.
 *
 * Both ends lie at the border of a character, and there is at least one between them.
 */
export interface Span {
  /**
   * Which row of the column, counted from 0. It is not null.
   */
  row: number;
  /**
   * How many bytes of the value come before the piece.
   */
  start: number;
  /**
   * How many bytes of the value come before what follows the piece.
   */
  end: number;
  /**
   * What it is: an index into the labels of the manifest.
   */
  label: number;
  /**
   * How sure that is, 0 to 100.
   */
  confidence: number;
}

/**
 * Finding the pieces of free text that say what a person is called, where, when, and under which number.
 */
export interface Find {
  /**
   * Finds, in each value of a column of text, the pieces that are something which the plugin's manifest has a label for.
   *
   * `name` is the name of the column, which may say what its text is about.
   * Normal case: the pieces, rising by row and then by start. Those of one row may overlap, and may be of several
   * labels: the host decides, and nothing of any of them stays.
   * Null: nothing is found in a null, and nothing in an empty text.
   * Edge: a column of no rows has no pieces.
   * Error: the whole batch is refused, and the run stops.
   */
  find(request: Request, name: string, column: Column): Span[];
}

/**
 * Masking with nothing but the arguments.
 */
export interface Mask {
  /**
   * Masks every row of `columns`; `context` holds columns that the rule lets the plugin see and that it does not mask.
   *
   * Normal case: the columns come back with the same rows in the same order, every non-null value replaced.
   * Null: a null stays a null. Where the manifest says `adds_nulls`, a value may become one.
   * Edge: columns of no rows are answered with columns of no rows. An empty text may stay as it is.
   * A row that cannot be handled is named in `rejections`, and never passed on unmasked.
   * Error: the whole batch is refused, and the run stops.
   *
   * Each call runs in an instance of its own: nothing that it stores is there in the next. The host checks the answer
   * (rows, offsets, UTF-8, types, nulls, that values changed), and a wrong one stops the run.
   */
  mask(request: Request, columns: Column[], context: Column[]): Masked;
}

/**
 * How a value is brought to one form before it is digested, so that two spellings of it give one pseudonym.
 */
export interface Normalization {
  /**
   * White space at both ends does not count.
   */
  trim: boolean;
  /**
   * ASCII upper and lower case are the same.
   */
  asciiCase: boolean;
  /**
   * Only letters and digits count: `123-45-6789` and `123456789` are the same.
   */
  separators: boolean;
}

/**
 * Permission to digest the columns of one call under one key, for as long as the call lasts.
 *
 * A plugin cannot create, name, export or keep a key: the host lends one to each call that the operator granted it
 * to, and takes it back on return. It is not an oracle either: a plugin names a column that it was lent and cannot
 * offer a value of its own.
 */
export interface PseudonymKey {
  /**
   * The keyed digest of every value of a column: HMAC-SHA-256 under the key of this domain, cut to `length` bytes.
   *
   * `column` is an index into the columns of the call, the ones to mask first and the context after them. Text and
   * binary are digested as they are, int64 as its decimal text, so that `17` in a file of text and 17 in a typed
   * one give the same digest. `length` is 1 to 32.
   * Normal case: `rows * length` bytes, one digest after the other; equal values give equal digests.
   * Null: `length` zero bytes.
   * Error: a column that was not lent, a length out of range, a type without canonical bytes, or the quota (each
   * lent cell can be digested once) spent.
   */
  digests(column: number, normalize: Normalization, length: number): Uint8Array;
}

/**
 * Masking with a key for pseudonyms.
 */
export interface MaskWithPseudonymKey {
  /**
   * Like `mask.mask`, with the key lent for this call.
   */
  mask(request: Request, columns: Column[], context: Column[], key: PseudonymKey): Masked;
}

/**
 * Permission to draw random bytes for the rows of one call, for as long as the call lasts.
 */
export interface Randomness {
  /**
   * So many bytes for each row of the columns, from the system's generator. `bytes` is 1 to 16.
   *
   * Normal case: `rows * bytes` bytes, those of one row after those of the other, for nulls too.
   * Error: `bytes` out of range, or the quota (one draw for each call) spent.
   */
  draw(bytes: number): Uint8Array;
}

/**
 * Masking with random numbers.
 */
export interface MaskWithRandomness {
  /**
   * Like `mask.mask`, with the randomness lent for this call.
   */
  mask(request: Request, columns: Column[], context: Column[], randomness: Randomness): Masked;
}

/**
 * What tokens look like. Two formats of one domain are two sets of tokens, which have nothing to do with each other.
 */
export type TokenFormat =
  /**
   * 26 letters and digits: 128 random bits.
   */
  | { tag: "opaque" }
  /**
   * An opaque token behind a prefix of 1 to 16 letters, digits, `_`, `-`, `.` and `:`.
   */
  | { tag: "prefixed"; val: string }
  /**
   * As many random digits as the value has, which is of 6 to 32 digits and never its own token.
   */
  | { tag: "digits" };

/**
 * The tokens of a column.
 */
export interface Tokens {
  /**
   * One for each row, empty for a null and for a row that was rejected.
   */
  values: Variable;
  /**
   * The rows whose values cannot have a token of the format, in rising order.
   */
  rejections: Rejection[];
}

/**
 * Permission to ask a vault for the tokens of the columns of one call, for as long as the call lasts.
 */
export interface TokenVault {
  /**
   * The token of every value of a column; those that have none yet are made. A token is random: nothing of the value
   * is in it. The same value has the same token in every call, process and table of the domain.
   *
   * `column` is an index into the columns of the call, the ones to mask first and the context after them. Text and
   * binary are looked up as they are, int64 as its decimal text. `days` is how long a new token stands for its value
   * from the request's reference date on; absent: for ever.
   * Normal case: one token for each row. Null: empty.
   * Error: a column that was not lent, a prefix out of range, `days` without a reference date, a type without
   * canonical bytes, or the quota (each lent cell can be looked up once) spent. A vault that fails stops the run.
   */
  tokens(column: number, format: TokenFormat, days: number | null): Tokens;
}

/**
 * Masking with a token vault.
 */
export interface MaskWithTokenVault {
  /**
   * Like `mask.mask`, with the vault lent for this call.
   */
  mask(request: Request, columns: Column[], context: Column[], vault: TokenVault): Masked;
}

