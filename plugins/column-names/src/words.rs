//! What columns are called, without blanks and marks, in the languages that headers are written in.

/// Labels, and the names that mean them. The places are those of `labels` in the manifest. A name stands once.
pub(crate) const MEANINGS: [(&str, &str); 50] = [
    (
        "person-name",
        "fullname personname displayname completename contactname nextofkin nombrecompleto nomcomplet vollername nomecompleto legalname humanname nametext emergencycontact",
    ),
    (
        "given-name",
        "firstname givenname first given middlename middle middleinitial mi fname mname forename preferredname nickname namegiven namefirst vorname rufname prenom prénom primernombre segundonombre nombre nombres primeironome voornaam nomedibattesimo firstnm givenames givennames",
    ),
    (
        "family-name",
        "lastname familyname surname last lname maidenname maiden birthname namefamily namelast mothermaidenname mothersmaidenname nachname familienname geburtsname nomdefamille nom apellido apellidos apellidopaterno apellidomaterno primerapellido sobrenome cognome achternaam efternamn lastnm",
    ),
    (
        "address",
        "address fulladdress addresstext anschrift adresse direccion dirección domicilio endereco endereço indirizzo adres postaladdress",
    ),
    (
        "street",
        "street streetaddress streetname streetnumber address1 address2 address3 addressline addressline1 addressline2 line1 line2 strasse straße hausnummer rue calle rua via housenumber apt apartment pobox straat",
    ),
    (
        "city",
        "city town municipality birthplace birthcity cityofbirth placeofbirth addresscity cityname ort wohnort stadt geburtsort ville commune lieudenaissance ciudad localidad municipio cidade citta città comune plaats woonplaats precinct village",
    ),
    (
        "county",
        "county countyname countycode parish borough landkreis condado fips fipscode countyfips addressdistrict",
    ),
    (
        "zip",
        "zip zipcode zip5 zip4 zip9 zipplus4 postalcode postcode addresspostalcode plz postleitzahl codepostal codigopostal códigopostal cep zip3 pincode postnummer",
    ),
    (
        "coordinates",
        "lat lon lng long latitude longitude latlong latlon geo geopoint geolocation geocode coordinates coordinate gps xcoord ycoord breitengrad längengrad laengengrad latitud longitud geohash",
    ),
    (
        "birth-date",
        "dob birthdate dateofbirth birthday birth bdate bday birthyear yearofbirth birthmonth yob born geburtsdatum geburtstag gebdat geburtsjahr datedenaissance datenaissance naissance fechanacimiento fechadenacimiento fecnac fnac nacimiento datanascimento datadenascimento nascimento datadinascita geboortedatum birthdt fødselsdato",
    ),
    (
        "death-date",
        "dod deathdate dateofdeath deceaseddate deceaseddatetime death died todesdatum sterbedatum datededeces datedeces fechadefuncion fechadefallecimiento dataobito deathyear expireddate",
    ),
    (
        "admission-date",
        "admitdate admissiondate admissiondatetime admitted admit admissiontime dateofadmission admdate aufnahmedatum dateadmission fechaingreso fechadeingreso dataadmissao admitdatetime",
    ),
    (
        "discharge-date",
        "dischargedate dischargedatetime dateofdischarge discharged discharge dischdate discdate entlassungsdatum datesortie fechaalta fechadealta fechaegreso dataalta dischargetime",
    ),
    (
        "date",
        "date datetime timestamp servicedate dos dateofservice encounterdate visitdate startdate enddate effectivedate issued recorded onset onsetdate datum fecha periodstart periodend authoredon orderdate resultdate createdat updatedat filldate appointment surgerydate servicefrom serviceto begindate dateseen admindate collectiondate start stop",
    ),
    (
        "age",
        "age ageyears ageinyears ageatdiagnosis ageatdeath ageatvisit ageatadmission alter edad idade âge leeftijd ageyrs",
    ),
    (
        "phone",
        "phone phonenumber telephone telephonenumber tel telno mobile cell cellphone telecom telecomvalue contactnumber telefon telefonnummer telefono teléfono telefone celular handy callback pager mobilenumber mobilephone telnr phoneno dayphone eveningphone",
    ),
    ("fax", "fax faxnumber telefax faxno"),
    (
        "email",
        "email emailaddress mail emailid mailaddress correo correoelectronico correoelectrónico courriel epost mailadresse mailid",
    ),
    (
        "us-ssn",
        "ssn socialsecuritynumber socialsecurity socialsecurityno socsec socsecnumber ssnumber ssno ssnlast4 last4ssn social",
    ),
    (
        "mrn",
        "mrn medicalrecordnumber medicalrecordno medicalrecordid medicalrecord medrec medrecnumber medrecno chartnumber chartno chartid hospitalnumber unitnumber historiaclinica numerohistoria patientennummer krankenaktennummer",
    ),
    (
        "health-plan-id",
        "policynumber policyno policyid insuranceid insurancenumber hicn hicnumber medicaidid medicaidnumber healthplanid healthplannumber groupnumber planmemberid versichertennummer krankenversichertennummer numeroafiliacion memberid membernumber subscriberid subscribernumber beneficiaryid insuredid policyholderid",
    ),
    ("mbi", "mbi medicarebeneficiaryid medicarebeneficiaryidentifier medicarenumber medicareid"),
    (
        "account",
        "account accountnumber accountno accountid acct acctnumber bankaccount bankaccountnumber billingaccount kontonummer konto cuenta numerocuenta numerodecuenta hospitalaccount har conta numerodaconta",
    ),
    (
        "payment-card",
        "creditcard creditcardnumber cardnumber cardno ccnumber cc debitcard debitcardnumber paymentcard kreditkarte tarjeta",
    ),
    ("iban", "iban ibannumber"),
    ("bank-routing", "routingnumber routingno routing aba abanumber abarouting banknumber bankleitzahl blz"),
    (
        "certificate",
        "license licence licensenumber licenseno licencenumber certificate certificatenumber certification statelicense lic licno permitnumber boardcertification",
    ),
    (
        "drivers-license",
        "driverslicense driverlicense driverslicensenumber driverslicence driverlicensenumber dl dlnumber dlno drivers führerschein fuehrerschein permisdeconduire licenciadeconducir licenciaconducir cnh",
    ),
    ("passport", "passport passportnumber passportno reisepass pasaporte passeport passaporte"),
    ("dea", "dea deanumber deano"),
    ("npi", "npi npinumber nationalproviderid nationalprovideridentifier"),
    ("vin", "vin vinnumber vehicleid vehicleidentificationnumber chassisnumber fahrgestellnummer"),
    (
        "license-plate",
        "licenseplate licenceplate plate platenumber plateno kennzeichen matricula matrícula immatriculation vehicletag",
    ),
    (
        "device",
        "deviceid deviceidentifier deviceserial deviceserialnumber serialnumber serialno serial implantserial pumpserial seriennummer numerodeserie",
    ),
    ("udi", "udi udicarrier udidi uniquedeviceidentifier udicode"),
    ("imei", "imei imeinumber meid"),
    ("mac-address", "mac macaddress macaddr hwaddress hardwareaddress"),
    ("url", "url website web homepage link uri webaddress webpage sitioweb siteweb"),
    ("ip-address", "ip ipaddress ipaddr clientip remoteaddr remoteip sourceip sourceaddress ipv4 ipv6 hostip"),
    (
        "biometric",
        "fingerprint biometric biometricid biometrichash voiceprint retina iris faceembedding facetemplate palmprint",
    ),
    (
        "photo",
        "photo photograph picture portrait avatar facephoto headshot photourl photopath faceimage foto lichtbild",
    ),
    (
        "encounter-id",
        "encounterid encounternumber encounter visitid visitnumber visitno claimid claimnumber claimno csn specimenid specimennumber accession accessionnumber accessionno admissionid caseid casenumber episodeid orderid ordernumber rxnumber prescriptionnumber documentid fallnummer",
    ),
    (
        "other-id",
        "uuid guid userid username login loginname personid identifier identifiervalue studyid subjectid participantid enterpriseid empi externalid nationalid nationalidentifier studentid recordid patientid patientidentifier patientnumber patientno clientid dni nif curp cpf provider practitioner providerid practitionerid",
    ),
    ("itin", "itin taxid taxpayerid tin taxidentificationnumber steuernummer"),
    (
        "free-text",
        "note notes notetext comment comments remarks remark narrative freetext text memo message summary history hpi impression observations report reporttext bemerkung bemerkungen kommentar notiz notizen commentaire commentaires observaciones notas texto letter chiefcomplaint clinicalnotes progressnote dischargesummary opmerkingen",
    ),
    (
        "quasi-identifier",
        "gender sex race ethnicity ethnicgroup marital maritalstatus religion language occupation nationality prefix suffix title education veteran geschlecht sexe sexo género genero familienstand estadocivil employer administrativesex birthsex raza etnia religión religion1 profession beruf",
    ),
    (
        "state",
        "state statecode statename province region bundesland estado provincia addressstate birthstate stateofbirth stateofresidence country countrycode countryname pais país pays addresscountry",
    ),
    (
        "clinical",
        "diagnosis diagnoses dx diagnosisdescription condition medication medicationname drug drugname procedure proceduredescription result resultvalue reason reasoncode reasondescription allergy allergies symptom symptoms vital systolic diastolic bmi weight height glucose hba1c lab labname labtest testname cpt loinc snomed ndc severity dosage dose bloodtype bloodgroup diagnose medikament diagnostico diagnóstico problem problemlist encounterclass vaccine class",
    ),
    ("icd-10-cm", "icd icd10 icd9 icdcode icd10code icd10cm dxcode diagnosiscode primarydx"),
    (
        "quantity",
        "amount amt cost charge charges price total count quantity qty balance copay expenses healthcareexpenses healthcarecoverage coverage income payment paid rate score lengthofstay los numberofvisits visits betrag menge importe monto",
    ),
];

/// What is less sure: a word that other things are called as well.
pub(crate) const WEAK: [&str; 3] = ["person-name", "other-id", "operational"];

/// Words that say whose it is, or which of several.
pub(crate) const WHOSE: &str = "patient patients member subscriber insured beneficiary client person \
    employee guarantor physician doctor dr contact customer user relative parent \
    mother father spouse child guardian kin policyholder holder student donor recipient caregiver attending referring ordering \
    rendering prescriber nurse paciente patienten versicherter cliente my the current curr home work primary prim secondary \
    mailing mail residential res billing permanent legal old new prior previous prev alt alternate preferred emergency day evening \
    business personal private orig original raw src stg tbl col fld field";

/// Abbreviations, and what they are short for.
pub(crate) const SHORT: [(&str, &str); 40] = [
    ("nbr", "number"),
    ("num", "number"),
    ("nr", "number"),
    ("numero", "number"),
    ("nummer", "number"),
    ("cd", "code"),
    ("cde", "code"),
    ("dt", "date"),
    ("dte", "date"),
    ("dttm", "datetime"),
    ("ts", "timestamp"),
    ("nm", "name"),
    ("nme", "name"),
    ("addr", "address"),
    ("adr", "address"),
    ("addrs", "address"),
    ("ph", "phone"),
    ("phn", "phone"),
    ("fon", "phone"),
    ("ident", "id"),
    ("identification", "id"),
    ("brth", "birth"),
    ("disch", "discharge"),
    ("frst", "first"),
    ("lst", "last"),
    ("mid", "middle"),
    ("pt", "patient"),
    ("pat", "patient"),
    ("ptnt", "patient"),
    ("mbr", "member"),
    ("memb", "member"),
    ("subscr", "subscriber"),
    ("sbscr", "subscriber"),
    ("bene", "beneficiary"),
    ("clnt", "client"),
    ("pers", "person"),
    ("emp", "employee"),
    ("guar", "guarantor"),
    ("cust", "customer"),
    ("usr", "user"),
];

/// Words at the end of a name that say nothing of what it is.
pub(crate) const ENDS: &str =
    "number code value text string id txt val no desc description type key type1 hash ext line full";
