package moretta

import (
	wit "go.bytecodealliance.org/pkg/wit/types"

	types "moretta/contract/moretta_plugin_types"
)

// Column is one column of one batch.
type Column = types.Column

// Validity tells which rows have a value: one bit for each, or nothing if all have.
type Validity []byte

// IsNull tells whether a row has no value.
func (v Validity) IsNull(row int) bool {
	return v != nil && v[row/8]>>(row%8)&1 == 0
}

func validity(column *Column) Validity {
	if column.Validity.IsNone() {
		return nil
	}
	return column.Validity.Some()
}

// Text is a view of a column of text. Nothing is copied.
type Text struct {
	Validity
	// Offsets are one more than rows: value i is Data[Offsets[i]:Offsets[i+1]].
	Offsets []uint32
	// Data has all values as UTF-8, one after the other.
	Data []byte
}

// TextOf is a view of a column of text; UnsupportedType if it is something else.
func TextOf(column *Column) (Text, error) {
	if column.Values.Tag() != types.ValuesText {
		return Text{}, UnsupportedType
	}
	values := column.Values.Text()
	return Text{validity(column), values.Offsets, values.Data}, nil
}

// Rows is how many there are.
func (t *Text) Rows() int { return len(t.Offsets) - 1 }

// Value is that of a row, empty for a null. It lies in the column's own buffer.
func (t *Text) Value(row int) []byte { return t.Data[t.Offsets[row]:t.Offsets[row+1]] }

// Numbers is a view of a column of numbers.
type Numbers[T int32 | int64 | float64] struct {
	Validity
	Values []T
}

// Int64sOf is a view of a column of integers.
func Int64sOf(column *Column) (Numbers[int64], error) {
	if column.Values.Tag() != types.ValuesInt64 {
		return Numbers[int64]{}, UnsupportedType
	}
	return Numbers[int64]{validity(column), column.Values.Int64()}, nil
}

// Float64sOf is a view of a column of floating-point numbers.
func Float64sOf(column *Column) (Numbers[float64], error) {
	if column.Values.Tag() != types.ValuesFloat64 {
		return Numbers[float64]{}, UnsupportedType
	}
	return Numbers[float64]{validity(column), column.Values.Float64()}, nil
}

// DaysOf is a view of a column of dates, in days since 1970-01-01.
func DaysOf(column *Column) (Numbers[int32], error) {
	if column.Values.Tag() != types.ValuesDate32 {
		return Numbers[int32]{}, UnsupportedType
	}
	return Numbers[int32]{validity(column), column.Values.Date32()}, nil
}

// MicrosecondsOf is a view of a column of timestamps, in microseconds since 1970-01-01T00:00:00.
func MicrosecondsOf(column *Column) (Numbers[int64], error) {
	if column.Values.Tag() != types.ValuesTimestamp {
		return Numbers[int64]{}, UnsupportedType
	}
	return Numbers[int64]{validity(column), column.Values.Timestamp()}, nil
}

// IsNull tells whether a row of a column of any type has no value.
func IsNull(column *Column, row int) bool { return validity(column).IsNull(row) }

// nulls marks rows as null, and costs nothing while none is.
type nulls struct {
	rows int
	at   []int
}

func (n *nulls) end(valid bool) {
	if !valid {
		n.at = append(n.at, n.rows)
	}
	n.rows++
}

func (n *nulls) finish(values types.Values) Column {
	column := Column{Rows: uint32(n.rows), Validity: wit.None[[]byte](), Values: values}
	if len(n.at) > 0 {
		bits := make([]byte, (n.rows+7)/8)
		for row := range n.rows {
			bits[row/8] |= 1 << (row % 8)
		}
		for _, row := range n.at {
			bits[row/8] &^= 1 << (row % 8)
		}
		column.Validity = wit.Some(bits)
	}
	return column
}

// TextBuilder builds a column of text: append a value to Data, then End the row.
type TextBuilder struct {
	Data    []byte
	offsets []uint32
	nulls   nulls
}

// NewTextBuilder has room for so many rows and bytes; more is made when needed.
func NewTextBuilder(rows, bytes int) *TextBuilder {
	offsets := make([]uint32, 1, rows+1)
	return &TextBuilder{Data: make([]byte, 0, bytes), offsets: offsets}
}

// End ends the row: its value is what was appended to Data since the last.
func (b *TextBuilder) End() { b.end(true) }

// Push ends a row with this value.
func (b *TextBuilder) Push(value string) {
	b.Data = append(b.Data, value...)
	b.end(true)
}

// Null ends a row without a value. What was appended to Data for it is dropped.
func (b *TextBuilder) Null() {
	b.Data = b.Data[:b.offsets[len(b.offsets)-1]]
	b.end(false)
}

func (b *TextBuilder) end(valid bool) {
	b.offsets = append(b.offsets, uint32(len(b.Data)))
	b.nulls.end(valid)
}

// Finish is the column.
func (b *TextBuilder) Finish() Column {
	return b.nulls.finish(types.MakeValuesText(types.Variable{Offsets: b.offsets, Data: b.Data}))
}

// NumberBuilder builds a column of numbers.
type NumberBuilder[T int32 | int64 | float64] struct {
	values []T
	nulls  nulls
}

// Push ends a row with this value.
func (b *NumberBuilder[T]) Push(value T) {
	b.values = append(b.values, value)
	b.nulls.end(true)
}

// Null ends a row without a value.
func (b *NumberBuilder[T]) Null() {
	b.values = append(b.values, 0)
	b.nulls.end(false)
}

// FinishInt64 is the column of integers.
func FinishInt64(b *NumberBuilder[int64]) Column { return b.nulls.finish(types.MakeValuesInt64(b.values)) }

// FinishFloat64 is the column of floating-point numbers.
func FinishFloat64(b *NumberBuilder[float64]) Column {
	return b.nulls.finish(types.MakeValuesFloat64(b.values))
}

// FinishDays is the column of dates.
func FinishDays(b *NumberBuilder[int32]) Column { return b.nulls.finish(types.MakeValuesDate32(b.values)) }

// FinishMicroseconds is the column of timestamps.
func FinishMicroseconds(b *NumberBuilder[int64]) Column {
	return b.nulls.finish(types.MakeValuesTimestamp(b.values))
}

// Code says why one row could not be handled.
type Code = types.RejectionCode

// The reasons; see rejection-code in wit/types.wit.
const (
	Unparsable  = Code(types.RejectionCodeUnparsable)
	OutOfRange  = Code(types.RejectionCodeOutOfRange)
	Unchanged   = Code(types.RejectionCodeUnchanged)
	Missing     = Code(types.RejectionCodeMissing)
	Unsupported = Code(types.RejectionCodeUnsupported)
)

// Masked is the answer: a column for each that was to be masked, and the rows that could not be.
type Masked types.Masked

// Reject names one row. Rows are named in rising order, each once; what the returned column has there is ignored.
func (m *Masked) Reject(row int, code Code) {
	m.Rejections = append(m.Rejections, types.Rejection{Row: uint32(row), Code: code})
}

// Add adds a column.
func (m *Masked) Add(column Column) { m.Columns = append(m.Columns, column) }

func someDate(days int32) wit.Option[int32] { return wit.Some(days) }
