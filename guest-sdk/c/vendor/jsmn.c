// The one place where the parser is compiled.
#define JSMN_STRICT
#include "jsmn.h"
