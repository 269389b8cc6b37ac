// Package moretta is what the author of a Moretta plugin in Go uses: one function for each world, and views and builders
// over columns.
//
//	var _ = moretta.Masker(moretta.Transforms{"my-transform": mask})
//
// A call runs in an instance of its own: what it stores is gone in the next. The clock only counts, random numbers are
// always the same, there are no files, and what is printed is swallowed; the only date is that of the policy.
package moretta

import (
	"encoding/json"
	"strings"

	types "moretta/contract/moretta_plugin_types"
)

// Refusal says why a whole batch could not be handled, which stops the run.
type Refusal types.BatchError

// The reasons; see batch-error in wit/types.wit.
const (
	UnknownTransform = Refusal(types.BatchErrorUnknownTransform)
	InvalidConfig    = Refusal(types.BatchErrorInvalidConfig)
	UnsupportedType  = Refusal(types.BatchErrorUnsupportedType)
	WrongColumns     = Refusal(types.BatchErrorWrongColumns)
	NoReferenceDate  = Refusal(types.BatchErrorNoReferenceDate)
	KeyRefused       = Refusal(types.BatchErrorKeyRefused)
	Internal         = Refusal(types.BatchErrorInternal)
)

func (r Refusal) Error() string {
	reasons := [...]string{
		"unknown transform", "invalid configuration", "unsupported type", "wrong number of columns", "no reference date",
		"key refused", "internal fault",
	}
	return reasons[r]
}

// Call is what is asked of the plugin, for one batch.
type Call struct {
	// Columns are those to mask. They are the plugin's own: values that keep their lengths can be masked in their place.
	Columns []Column
	// Context are the columns that the plugin may see beside them.
	Context []Column
	request types.Request
}

// NewCall is for tests: the host makes those of a run. Without a reference date, today is nil.
func NewCall(transform, config string, today *int32, columns []Column) *Call {
	request := types.Request{Transform: transform, Config: config}
	if today != nil {
		request.ReferenceDate = someDate(*today)
	}
	return &Call{Columns: columns, request: request}
}

// Only is the one column to mask.
func (c *Call) Only() (*Column, error) {
	if len(c.Columns) != 1 {
		return nil, WrongColumns
	}
	return &c.Columns[0], nil
}

// Config reads the rule's `with:` into a struct. The host filled in the defaults and checked it against the schema of the
// manifest; a property that the struct does not have is a fault.
func (c *Call) Config(into any) error {
	decoder := json.NewDecoder(strings.NewReader(c.request.Config))
	decoder.DisallowUnknownFields()
	if decoder.Decode(into) != nil {
		return InvalidConfig
	}
	return nil
}

// Today is the policy's reference date in days since 1970-01-01: the only "today" there is.
func (c *Call) Today() (int32, error) {
	if c.request.ReferenceDate.IsNone() {
		return 0, NoReferenceDate
	}
	return c.request.ReferenceDate.Some(), nil
}

// Transforms are the functions of a plugin in the world masker, by the names of the manifest. A Refusal refuses the batch;
// any other error does too, as an internal fault.
type Transforms map[string]func(*Call) (Masked, error)

// Mask runs the transform that a call names.
func (t Transforms) Mask(call *Call) (Masked, error) {
	transform, known := t[call.request.Transform]
	if !known {
		return Masked{}, UnknownTransform
	}
	return transform(call)
}

// KeyedTransforms are the functions of a plugin in the world pseudonym-masker.
type KeyedTransforms map[string]func(*Call, PseudonymKey) (Masked, error)

// Mask runs the transform that a call names.
func (t KeyedTransforms) Mask(call *Call, key PseudonymKey) (Masked, error) {
	transform, known := t[call.request.Transform]
	if !known {
		return Masked{}, UnknownTransform
	}
	return transform(call, key)
}

// Matched says how many values of a column speak for a label of the manifest, which is counted from 0, of so many that
// were looked at. Nulls are not.
type Matched struct{ Label, Matched, Examined uint32 }

// Classify is the function of a plugin in the world classifier: what speaks for what in one column. Each label is named
// once; one that no value speaks for can be left out.
type Classify func(name string, column *Column) ([]Matched, error)

// Span is a piece of a text: the bytes from Start up to End of the value of a row, both at borders of characters. The labels
// are those of the manifest, counted from 0; Confidence is 0 to 100.
type Span struct {
	Row, Start, End int
	Label           uint32
	Confidence      uint8
}

// Spans are the pieces that a text classifier found in a column.
type Spans []Span

// Add adds a piece. Rows are gone through in rising order; the pieces of one row may come in any, and may overlap.
func (s *Spans) Add(span Span) {
	*s = append(*s, span)
	all := *s
	// The host wants those of a row to rise.
	for i := len(all) - 1; i > 0 && all[i-1].Row == span.Row && all[i-1].Start > span.Start; i-- {
		all[i-1], all[i] = all[i], all[i-1]
	}
}

// Find is the function of a plugin in the world text-classifier: it adds the pieces of the texts of a column that has this
// name. A null is an empty text, in which there is nothing to find.
type Find func(name string, texts *Text, found *Spans) error

// Normalize says how values are brought to one form before they are digested.
type Normalize struct {
	// Trim: white space at both ends does not count.
	Trim bool
	// ASCIICase: ASCII upper and lower case are the same.
	ASCIICase bool
	// Separators: only letters and digits count.
	Separators bool
}

// PseudonymKey is permission to digest the columns of one call, for as long as it lasts. See wit/pseudonym.wit.
type PseudonymKey interface {
	// Digests gives so many bytes, 1 to 32, for each row, zeros for a null.
	Digests(column uint32, normalize Normalize, length uint32) ([]byte, error)
}
