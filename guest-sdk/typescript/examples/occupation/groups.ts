// Titles of occupations by major group of the Standard Occupational Classification (U.S. Bureau of Labor Statistics, 2018):
// the titles that make up most of what is written in records, each by the last words that tell it.

export const groups: Record<string, string> = {
  Management: "manager, director, executive, administrator, ceo, cfo, president, principal, superintendent",
  "Business and Financial Operations":
    "accountant, auditor, analyst, recruiter, underwriter, appraiser, buyer, adjuster, bookkeeper, loan officer, " +
    "consultant",
  "Computer and Mathematical":
    "programmer, developer, software engineer, statistician, actuary, data scientist, webmaster, systems analyst",
  "Architecture and Engineering": "engineer, architect, surveyor, drafter",
  "Life, Physical, and Social Science":
    "scientist, chemist, biologist, physicist, psychologist, economist, geologist, epidemiologist",
  "Community and Social Service": "social worker, counselor, clergy, priest, minister, rabbi, imam, chaplain",
  Legal: "lawyer, attorney, judge, paralegal, legal assistant",
  "Educational Instruction and Library": "teacher, professor, instructor, tutor, librarian, lecturer, teacher aide",
  "Arts, Design, Entertainment, Sports, and Media":
    "artist, actor, musician, writer, journalist, photographer, designer, editor, athlete, interpreter, translator",
  "Healthcare Practitioners and Technical":
    "nurse, rn, physician, doctor, surgeon, pharmacist, dentist, therapist, paramedic, emt, radiographer, " +
    "veterinarian, optometrist, sonographer",
  "Healthcare Support":
    "nursing assistant, cna, home health aide, orderly, phlebotomist, medical assistant, dental assistant, " +
    "caregiver",
  "Protective Service":
    "police officer, firefighter, security guard, correctional officer, detective, sheriff, lifeguard",
  "Food Preparation and Serving": "cook, chef, waiter, waitress, bartender, dishwasher, barista, baker",
  "Building and Grounds Cleaning and Maintenance":
    "janitor, custodian, housekeeper, maid, landscaper, gardener, cleaner, groundskeeper",
  "Personal Care and Service":
    "hairdresser, barber, childcare worker, nanny, fitness trainer, cosmetologist, funeral director",
  "Sales and Related":
    "cashier, salesperson, sales clerk, realtor, telemarketer, sales representative, sales manager, retail clerk",
  "Office and Administrative Support":
    "secretary, receptionist, clerk, typist, bank teller, mail carrier, dispatcher, administrative assistant, " +
    "postal worker",
  "Farming, Fishing, and Forestry": "farmer, farmworker, rancher, fisherman, logger, farm laborer",
  "Construction and Extraction":
    "carpenter, electrician, plumber, roofer, bricklayer, mason, painter, miner, welder, construction worker, " +
    "construction laborer",
  "Installation, Maintenance, and Repair":
    "mechanic, repairer, hvac technician, locksmith, lineman, maintenance worker",
  Production:
    "machinist, assembler, seamstress, tailor, butcher, factory worker, machine operator, printer, upholsterer",
  "Transportation and Material Moving":
    "driver, pilot, sailor, conductor, longshoreman, warehouse worker, forklift operator, flight attendant, courier",
  "Military Specific": "soldier, marine, airman, sergeant, infantryman, army officer, navy officer",
  "Not employed": "retired, unemployed, homemaker, housewife, student, disabled, child, none",
};
