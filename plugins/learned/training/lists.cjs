// Draws from @faker-js/faker, and writes JSON: what is trained on, and columns that are held out.
const { allFakers, allLocales, faker } = require("@faker-js/faker");

const draw = (from, make, times) => {
  from.seed(42);
  const found = new Set();
  for (let time = 0; time < times; time++) {
    try {
      const value = make(from);
      if (typeof value === "string" && value.length > 0 && value.length <= 90) found.add(value);
    } catch {
      return [];
    }
  }
  return [...found];
};

// Of each locale and kind; the locales are none of those that training has, nor are their lists its lists.
const LOCALES =
  "af_ZA cy da en_ZA en_GH fr_SN fr_LU mk sk sr_RS_latin sv uk ur ro hu lv".split(" ");
const KINDS = {
  given: (f) => f.person.firstName(),
  family: (f) => f.person.lastName(),
  person: (f) => `${f.person.firstName()} ${f.person.lastName()}`,
  city: (f) => f.location.city(),
  street: (f) => f.location.streetAddress(),
  organization: (f) => f.company.name(),
  username: (f) => f.internet.username(),
};
// Nobody's: some kinds are trained on, others are held out.
const BACKGROUND = {
  "product name": (f) => f.commerce.productName(),
  product: (f) => f.commerce.product(),
  department: (f) => f.commerce.department(),
  colour: (f) => f.color.human(),
  "phrase of computers": (f) => f.hacker.phrase(),
  "noun of computers": (f) => f.hacker.noun(),
  catchphrase: (f) => f.company.catchPhrase(),
  buzzphrase: (f) => f.company.buzzPhrase(),
  "column of a database": (f) => f.database.column(),
  "type of a database": (f) => f.database.type(),
  "kind of transaction": (f) => f.finance.transactionType(),
  currency: (f) => f.finance.currencyName(),
  "message of a commit": (f) => f.git.commitMessage(),
  "words of filler": (f) => f.lorem.words(3),
  "word of filler": (f) => f.lorem.word(),
  element: (f) => f.science.chemicalElement().name,
  file: (f) => f.system.fileName(),
  "media type": (f) => f.system.mimeType(),
  path: (f) => f.system.filePath(),
  bird: (f) => f.animal.bird(),
  fish: (f) => f.animal.fish(),
  dog: (f) => f.animal.dog(),
  ingredient: (f) => f.food.ingredient(),
  dish: (f) => f.food.dish(),
  vegetable: (f) => f.food.vegetable(),
  "user agent": (f) => f.internet.userAgent().slice(0, 80),
  model: (f) => f.vehicle.model(),
  bicycle: (f) => f.vehicle.bicycle(),
  airplane: (f) => f.airline.airplane().name,
  adjective: (f) => f.word.adjective(),
  noun: (f) => f.word.noun(),
  verb: (f) => f.word.verb(),
  adverb: (f) => f.word.adverb(),
  "genre of books": (f) => f.book.genre(),
  month: (f) => f.date.month(),
  "issuer of cards": (f) => f.finance.creditCardIssuer(),
};
// Nobody's in other languages, which all are of locales that training has.
const LANGUAGES =
  "de es fr it pt_BR nl pl cs_CZ nb_NO fi tr el ru ar fa he ja ko zh_CN vi th ta_IN hy ka_GE az hr".split(" ");
// Each with what a language has to have of its own for it; else it would be English.
const BACKGROUND_ABROAD = {
  "product name": [(own) => own.commerce?.product_name, (f) => f.commerce.productName()],
  department: [(own) => own.commerce?.department, (f) => f.commerce.department()],
  colour: [(own) => own.color?.human, (f) => f.color.human()],
  filler: [(own) => own.lorem?.word, (f) => f.lorem.words({ min: 1, max: 4 })],
  adjective: [(own) => own.word?.adjective, (f) => f.word.adjective()],
  noun: [(own) => own.word?.noun, (f) => f.word.noun()],
  verb: [(own) => own.word?.verb, (f) => f.word.verb()],
};
const BACKGROUND_HELD_OUT = {
  vehicle: (f) => f.vehicle.vehicle(),
  "kind of vehicle": (f) => f.vehicle.type(),
  insect: (f) => f.animal.insect(),
  cat: (f) => f.animal.cat(),
  horse: (f) => f.animal.horse(),
  snake: (f) => f.animal.snake(),
  fruit: (f) => f.food.fruit(),
  spice: (f) => f.food.spice(),
  "description of food": (f) => f.food.description().slice(0, 80),
  "genre of music": (f) => f.music.genre(),
  "song": (f) => f.music.songName(),
  material: (f) => f.commerce.productMaterial(),
  "description of a product": (f) => f.commerce.productDescription().slice(0, 80),
  "sign of the zodiac": (f) => f.person.zodiacSign(),
  weekday: (f) => f.date.weekday(),
  "time zone": (f) => f.location.timeZone(),
  "unit of measurement": (f) => f.science.unit().name,
  "verb of computers": (f) => f.hacker.ingverb(),
  "engine of a database": (f) => f.database.engine(),
  "collation of a database": (f) => f.database.collation(),
  preposition: (f) => f.word.preposition(),
  "slug": (f) => f.lorem.slug(),
  "flight number": (f) => f.airline.flightNumber({ addLeadingZeros: true }),
  "noun phrase": (f) => `${f.word.adjective()} ${f.word.noun()}`,
  "domain word": (f) => f.internet.domainWord(),
};

const of = (kinds) => Object.entries(kinds).map(([name, make]) => ["none", name, draw(faker, make, 300)]);
const columns = LOCALES.flatMap((locale) =>
  Object.entries(KINDS).map(([kind, make]) => [kind, `faker-js ${locale}`, draw(allFakers[locale], make, 120)]),
);
const abroad = LANGUAGES.flatMap((locale) =>
  Object.entries(BACKGROUND_ABROAD)
    .filter(([, [own]]) => own(allLocales[locale]))
    .map(([name, [, make]]) => ["none", `${name} in ${locale}`, draw(allFakers[locale], make, 60)]),
);
console.log(JSON.stringify({ train: [...of(BACKGROUND), ...abroad], held_out: [...columns, ...of(BACKGROUND_HELD_OUT)] }));
