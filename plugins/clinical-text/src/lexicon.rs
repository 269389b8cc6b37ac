//! Words that say what stands around them: titles before names, months in dates, what numbers are called.

use crate::dictionary::Digest;

/// What a word is for. One word has one class.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Class {
    /// Nothing in particular.
    #[default]
    None,
    /// Before the name of a person.
    Title,
    /// Behind it.
    Degree,
    /// Who somebody is to somebody.
    Relation,
    /// A heading before a name: `Patient:`.
    Named,
    /// What somebody does.
    Job,
    /// A month.
    Month,
    /// A day of the week.
    Weekday,
    /// What streets are called behind their names.
    Street,
    /// The same before it, in other languages.
    StreetBefore,
    /// A flat, floor or box.
    Unit,
    /// A compass direction.
    Direction,
    /// A state of the US, or one of its two letters.
    State,
    /// A country.
    Country,
    /// A nationality or language.
    Nation,
    /// Behind or in the name of an organization.
    Company,
    /// The same of hospitals, schools, offices.
    Institution,
    /// Before a place.
    Towards,
    /// Before a date.
    When,
    /// A year, month, week or day.
    Span,
    /// A number in words.
    Count,
    /// `old`, behind an age.
    Old,
    /// `age`, `aged`, before one.
    Age,
    /// `yo`.
    YearsOld,
    /// Birth.
    Birth,
    /// Death.
    Death,
    /// Coming to a hospital.
    Admission,
    /// Leaving it.
    Discharge,
    /// A telephone.
    Phone,
    /// A fax.
    Fax,
    /// A ZIP code.
    Zip,
    /// Before a street.
    Address,
    /// A social security number.
    Ssn,
    /// `social`, `security`.
    Social,
    /// A medical record number.
    Mrn,
    /// `medical`, `chart`, `patient` before `record`, `number`.
    Record,
    /// A provider's number.
    Npi,
    /// A prescriber's number.
    Dea,
    /// A Medicare number.
    Mbi,
    /// A health plan.
    Plan,
    /// An account.
    Account,
    /// A payment card.
    Card,
    /// A bank's account or number.
    Bank,
    /// A certificate or license.
    License,
    /// A driver.
    Driver,
    /// A vehicle.
    Vehicle,
    /// Its plate.
    Plate,
    /// A device.
    Device,
    /// A visit, a claim, a specimen.
    Encounter,
    /// A passport.
    Passport,
    /// A taxpayer.
    Tax,
    /// Any other number: a badge, a reference.
    Reference,
    /// `number`, `no`, `id`.
    Number,
    /// A unit of measurement.
    Measure,
    /// What is measured, and is no number of anybody.
    Measured,
    /// `a`, `the`, `his`.
    Article,
    /// `and`.
    And,
    /// Verbs that people do.
    Says,
    /// A top-level domain.
    Domain,
}

impl Class {
    /// How many there are.
    pub const COUNT: usize = Self::Domain as usize + 1;
}

/// The class of each word that has one: an open table.
#[derive(Debug)]
pub struct Lexicon {
    slots: Box<[(u64, Class)]>,
}

const SLOTS: usize = 4096;

impl Lexicon {
    /// Reads the lists below.
    pub fn new() -> Self {
        let mut lexicon = Self { slots: vec![(0, Class::None); SLOTS].into_boxed_slice() };
        for (class, words) in WORDS {
            for word in words.split_ascii_whitespace() {
                let digest = Digest::of(word.as_bytes()).0;
                let slot = lexicon.slot(digest);
                if lexicon.slots[slot].1 == Class::None {
                    lexicon.slots[slot] = (digest, *class);
                }
            }
        }
        lexicon
    }

    /// What a word is for.
    #[inline]
    pub fn class(&self, word: Digest) -> Class {
        self.slots[self.slot(word.0)].1
    }

    /// Where a word is, or would be.
    fn slot(&self, digest: u64) -> usize {
        let mut slot = (digest ^ digest >> 32) as usize % SLOTS;
        while self.slots[slot].1 != Class::None && self.slots[slot].0 != digest {
            slot = (slot + 1) % SLOTS;
        }
        slot
    }
}

impl Default for Lexicon {
    fn default() -> Self {
        Self::new()
    }
}

/// A word in several lists is of the first one.
const WORDS: &[(Class, &str)] = &[
    (
        Class::Title,
        "mr mrs ms miss mx dr doctor prof professor rev reverend sir madam madame fr sister sr sra senor senora herr frau monsieur mme mlle capt captain sgt lt col maj gen judge hon rabbi imam pastor dame lord lady mister nurse officer",
    ),
    (
        Class::Degree,
        "md do rn np pa phd dds dvm esq jr ii iii iv lpn pharmd msw lcsw dpt crnp facs pac mph cna bsn dnp cnm dmd",
    ),
    (
        Class::Relation,
        "mother father mom dad son daughter wife husband spouse sister brother partner aunt uncle niece nephew cousin grandmother grandfather grandson granddaughter grandma grandpa guardian caregiver fiance fiancee girlfriend boyfriend friend neighbor roommate twin sibling parent child stepmother stepfather nok kin widow widower relative",
    ),
    (
        Class::Named,
        "name names patient pt client attending provider physician surgeon referring pcp md contact signed author dictated transcribed resident insured guarantor emergency sender recipient from to cc re attn attention dear hi hello hey firstname lastname surname fullname patientname middle given family maiden alias aka nee called named beneficiary by customer user applicant employee employer witness interpreter givenname familyname middlename",
    ),
    (
        Class::Job,
        "therapist nurse teacher engineer manager clerk technician secretary assistant director president ceo cfo accountant lawyer attorney pharmacist cardiologist oncologist neurologist radiologist psychiatrist dentist pediatrician hospitalist internist consultant specialist farmer singer songwriter actor writer author player producer analyst administrator coordinator supervisor carpenter electrician plumber nutritionist dietitian midwife chaplain social",
    ),
    (
        Class::Month,
        "january february march april may june july august september october november december jan feb mar apr jun jul aug sep sept oct nov dec",
    ),
    (
        Class::Weekday,
        "monday tuesday wednesday thursday friday saturday sunday mon tue tues wed thu thur thurs fri sat",
    ),
    (
        Class::Street,
        "alley ave avenue blvd boulevard cir circle court cove crescent crossing ct drive expressway freeway heights highway hwy junction lane ln loop mews parkway pike pkwy pl place plaza rd road row square sq st street terrace ter trail trl turnpike walk way wharf route rte strasse str weg gasse platz allee straat laan gade vej vei vagen gatan utca tie katu ulica streets avenues roads hollow bypass passage viaduct quay pathway hill hills mews burg ridge path fort spur mountain field fields harbor haven manor estates valley village meadow meadows point green grove gardens garden bridge mill mills orchard ranch run",
    ),
    (
        Class::StreetBefore,
        "rue via calle avenida av rua ul ulica strada piazza largo praca rond-point chemin impasse allee place camino carrer plac aleja al corso viale vicolo",
    ),
    (Class::Unit, "apt apartment suite ste unit floor fl room rm box psc apo fpo dpo building bldg po lot flat"),
    (
        Class::Direction,
        "north south east west northeast northwest southeast southwest northern southern eastern western",
    ),
    (
        Class::State,
        "alabama alaska arizona arkansas california colorado connecticut delaware florida georgia hawaii idaho illinois indiana iowa kansas kentucky louisiana maine maryland massachusetts michigan minnesota mississippi missouri montana nebraska nevada ohio oklahoma oregon pennsylvania tennessee texas utah vermont virginia washington wisconsin wyoming al ak az ar ca co de ga hi il ia ks ky la mi mn ms mt ne nv nh nj nm ny nc nd oh ok ri sc sd tn tx ut vt va wa wv wi wy dc ontario quebec alberta manitoba saskatchewan queensland tasmania nsw bavaria catalonia scotland wales",
    ),
    (
        Class::Country,
        "usa us uk america england france germany italy spain portugal netherlands belgium austria switzerland sweden norway denmark finland iceland ireland poland czechia hungary romania bulgaria greece cyprus turkey russia ukraine estonia latvia lithuania slovenia slovakia croatia serbia bosnia albania macedonia malta luxembourg greenland canada mexico guatemala honduras nicaragua panama cuba jamaica haiti colombia venezuela ecuador peru bolivia chile argentina uruguay paraguay brazil china japan korea taiwan mongolia india pakistan bangladesh nepal bhutan thailand vietnam laos cambodia malaysia singapore indonesia philippines australia zealand fiji samoa tonga egypt libya tunisia algeria morocco sudan ethiopia eritrea somalia kenya uganda tanzania rwanda burundi congo angola zambia zimbabwe mozambique botswana namibia lesotho ghana nigeria senegal mali niger chad cameroon gabon liberia togo benin israel palestine lebanon syria iraq iran kuwait bahrain qatar oman yemen emirates afghanistan kazakhstan uzbekistan turkmenistan kyrgyzstan tajikistan armenia azerbaijan moldova belarus barbados bahamas trinidad suriname guyana belize greenland tuvalu vanuatu kiribati nauru palau micronesia madagascar mauritius seychelles myanmar burma",
    ),
    (
        Class::Nation,
        "american british english french german italian spanish portuguese dutch belgian austrian swiss swedish norwegian danish finnish icelandic irish polish czech hungarian romanian bulgarian greek cypriot turkish russian ukrainian estonian latvian lithuanian slovenian slovak croatian serbian canadian mexican cuban jamaican haitian colombian venezuelan peruvian chilean argentinian brazilian chinese japanese korean taiwanese indian pakistani nepali thai vietnamese cambodian malaysian indonesian filipino australian egyptian tunisian algerian moroccan sudanese ethiopian somali kenyan nigerian ghanaian israeli lebanese syrian iraqi iranian afghan hispanic latino latina asian african caucasian european arab arabic jewish muslim christian catholic hindu buddhist hebrew mandarin cantonese tagalog scottish welsh",
    ),
    (
        Class::Company,
        "inc llc ltd corp corporation company incorporated limited gmbh ag plc llp lp sa associates group holdings industries partners solutions systems services technologies technology consulting enterprises brothers sons bancorp foundation agency logistics insurance bank airlines motors pharmaceuticals analytics labs software networks ventures capital",
    ),
    (
        Class::Institution,
        "hospital clinic university college school institute academy center centre laboratory church temple mosque synagogue hospice pharmacy library department ministry museum orchestra health healthcare medical infirmary sanatorium nursing rehab rehabilitation elementary society association union club council committee board authority commission practice dental surgery memorial general regional community",
    ),
    (
        Class::Towards,
        "in at near from to of into around outside toward towards visiting visited leaving via through throughout across",
    ),
    (Class::When, "on since until till before after during dated by every last next this"),
    (
        Class::Span,
        "year years yr yrs month months mo mos week weeks wk wks day days hour hours hrs minutes mins decade",
    ),
    (
        Class::Count,
        "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred",
    ),
    (Class::Old, "old"),
    (Class::Age, "age aged ages turned turning"),
    (Class::YearsOld, "yo yof yom y/o"),
    (Class::Birth, "dob born birth birthdate birthday birthdate dateofbirth birthdays b-day d.o.b"),
    (Class::Death, "died death dod deceased expired passed deathdate"),
    (Class::Admission, "admitted admission admit admissiondate presented"),
    (Class::Discharge, "discharged discharge dischargedate"),
    (
        Class::Phone,
        "phone tel telephone cell cellphone mobile mobil call called calls pager beeper ph callback landline reached sms text voicemail phonenumber whatsapp ext extension calling messages dial home",
    ),
    (Class::Fax, "fax telefax facsimile faxed faxnumber"),
    (Class::Zip, "zip zipcode postcode postal plz"),
    (
        Class::Address,
        "address lives living resides residing residence street live lived streetaddress addr located mail ship send",
    ),
    (Class::Ssn, "ssn ss socialsecurity"),
    (Class::Social, "social security"),
    (Class::Mrn, "mrn mr emrn mrno medrec emr mpi empi"),
    (Class::Record, "record chart records hospital medical"),
    (Class::Npi, "npi"),
    (Class::Dea, "dea"),
    (Class::Mbi, "mbi hicn hic medicare"),
    (
        Class::Plan,
        "member subscriber policy insurance medicaid beneficiary plan payer aetna cigna humana bcbs anthem kaiser unitedhealthcare tricare memberid policynumber",
    ),
    (Class::Account, "account acct acc acct accountnumber billing guarantor"),
    (Class::Card, "card visa mastercard amex discover cardnumber credit debit cc"),
    (Class::Bank, "iban routing aba swift bic bank"),
    (Class::License, "license licence lic certificate cert certification licensed registration"),
    (Class::Driver, "driver drivers dl driving driverslicense"),
    (Class::Vehicle, "vin vehicle car"),
    (Class::Plate, "plate plates tag tags"),
    (Class::Device, "serial device pacemaker implant implanted sn udi model imei lead icd generator pump stent"),
    (
        Class::Encounter,
        "visit encounter claim accession specimen csn fin har case order invoice ticket appointment requisition rx prescription authorization auth referral confirmation study",
    ),
    (Class::Passport, "passport"),
    (Class::Tax, "itin tin ein tax taxpayer"),
    (
        Class::Reference,
        "reference ref badge employee student file barcode barcode pin code password username login userid",
    ),
    (Class::Number, "number no num nr id ids identifier numbers nos identification"),
    (
        Class::Measure,
        "mg mcg ug g kg gm gram grams ml dl l cc cm mm m km in ft lb lbs oz mmhg bpm meq mmol mol iu units unit u ng pg fl k percent msec ms sec hz kcal cal tablets tablet tab tabs caps capsule capsules puffs drops doses dose times x french gauge h hr min c f mv weeks mph gy cgy kpa torr mosm cells mcl",
    ),
    (
        Class::Measured,
        "bp hr rr temp temperature pulse weight height bmi wbc rbc hgb hct plt platelets glucose sodium potassium creatinine bun a1c hba1c inr ldl hdl cholesterol troponin tsh ef fev1 peep fio2 spo2 sat saturation o2 pain gcs apgar psa ph pco2 po2 hco3 ast alt bilirubin albumin lactate respirations pressure rate score dosage grade stage level icd cpt loinc snomed ndc version chapter page vol section figure room bed",
    ),
    (Class::Article, "a an the his her their its my your our this that"),
    (Class::And, "and or & with"),
    (
        Class::Says,
        "says said reports denies states stated presents complains is was has had will were lives works explained asked told wrote called agrees notes feels came went did flew met began speaks",
    ),
    (
        Class::Domain,
        "com org net edu gov mil io info biz health co uk de fr nl se pl be br au ca ch at it es pt dk no fi cy ie nz jp cn in ru us eu me app dev ai int cz gr hu ro",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_has_the_class_of_its_first_list() {
        let lexicon = Lexicon::new();
        let class = |word: &str| lexicon.class(Digest::of(word.as_bytes()));
        assert_eq!([class("Dr"), class("MAY"), class("ssn")], [Class::Title, Class::Month, Class::Ssn]);
        assert_eq!(class("qwertz"), Class::None);
        assert!(
            WORDS.iter().flat_map(|(_, words)| words.split_ascii_whitespace()).all(|word| class(word) != Class::None)
        );
    }

    #[test]
    fn the_table_stays_sparse() {
        let words = WORDS.iter().flat_map(|(_, words)| words.split_ascii_whitespace()).count();
        assert!(words * 2 < SLOTS, "{words}");
    }
}
