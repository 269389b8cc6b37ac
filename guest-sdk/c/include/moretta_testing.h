// Testing a plugin natively, without a host: the golden cases of its manifest, columns made by hand, and a key without a
// secret.
#ifndef MORETTA_TESTING_H
#define MORETTA_TESTING_H

#include "moretta.h"

#ifdef __cplusplus
#define MORETTA_NO_RETURN [[noreturn]]
extern "C" {
#else
#define MORETTA_NO_RETURN _Noreturn
#endif

// Runs every golden case of a manifest and compares. Each that differs is told on standard error; the result is how many
// did, so that `main` can return it. One of the two functions is NULL.
int moretta_check_cases(const char *manifest, moretta_masker *mask, moretta_pseudonym_masker *mask_with_key);

// Does the same for a classifier, or for a text classifier.
int moretta_check_classifier_cases(const char *manifest, moretta_classifier *classify);
int moretta_check_text_classifier_cases(const char *manifest, moretta_text_classifier *find);

// A column of text; NULL is a null.
moretta_column moretta_texts(const char *const *values, size_t rows);

// Masks one column with a configuration and gives back the answer of a plugin that is not lent a key.
moretta_result moretta_try(moretta_masker *mask, const char *transform, const char *config, moretta_column column,
                           moretta_answer *answer);

// A key lent for one column of text or integers: its digests differ where the values do, and hide nothing.
moretta_pseudonym_key moretta_test_key(const moretta_column *column);

// Ends the program with the line of what does not hold.
#define MORETTA_CHECK(condition) \
  ((condition) ? (void)0 : moretta_failed(__FILE__, __LINE__, #condition))
MORETTA_NO_RETURN void moretta_failed(const char *file, int line, const char *condition);

#ifdef __cplusplus
}
#endif

#endif
