// Package morettatest tests a plugin natively, without a host: the golden cases of its manifest, and a key without a
// secret.
package morettatest

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"os"
	"reflect"
	"regexp"
	"testing"

	"moretta"
)

type manifest struct {
	Transforms []transform `json:"transforms"`
}

type transform struct {
	Name   string `json:"name"`
	Config struct {
		Properties map[string]struct {
			Default json.RawMessage `json:"default"`
		} `json:"properties"`
	} `json:"config"`
	Cases []golden `json:"cases"`
}

type golden struct {
	Name          string                     `json:"name"`
	Config        map[string]json.RawMessage `json:"config"`
	Input         map[string][]any           `json:"input"`
	Output        map[string][]any           `json:"output"`
	OutputShape   map[string][]any           `json:"output_shape"`
	Rejected      []rejection                `json:"rejected"`
	ReferenceDate *int32                     `json:"reference_date"`
}

type rejection struct {
	Row  int    `json:"row"`
	Code string `json:"code"`
}

var codes = [...]string{"unparsable", "out-of-range", "unchanged", "missing", "unsupported"}

// Cases runs every golden case of a manifest as a test of its own.
func Cases(t *testing.T, manifest string, transforms moretta.Transforms) {
	t.Helper()
	run(t, manifest, func(call *moretta.Call, _ moretta.PseudonymKey) (moretta.Masked, error) { return transforms.Mask(call) })
}

// KeyedCases does the same for a plugin that is lent a key.
func KeyedCases(t *testing.T, manifest string, transforms moretta.KeyedTransforms) {
	t.Helper()
	run(t, manifest, transforms.Mask)
}

func run(t *testing.T, path string, mask func(*moretta.Call, moretta.PseudonymKey) (moretta.Masked, error)) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var read manifest
	if err := json.Unmarshal(text, &read); err != nil {
		t.Fatal(err)
	}
	for _, transform := range read.Transforms {
		for _, golden := range transform.Cases {
			t.Run(golden.Name, func(t *testing.T) {
				columns, lent := []moretta.Column{column(t, golden.Input)}, []moretta.Column{column(t, golden.Input)}
				call := moretta.NewCall(transform.Name, transform.complete(golden), golden.ReferenceDate, columns)
				masked, err := mask(call, TestKey(lent...))
				if err != nil {
					t.Fatal(err)
				}
				golden.check(t, masked)
			})
		}
	}
}

// complete is the configuration with the defaults of the schema filled in, as the host does.
func (t transform) complete(golden golden) string {
	config := map[string]json.RawMessage{}
	for name, property := range t.Config.Properties {
		if property.Default != nil {
			config[name] = property.Default
		}
	}
	for name, value := range golden.Config {
		config[name] = value
	}
	text, _ := json.Marshal(config)
	return string(text)
}

func (g golden) check(t *testing.T, masked moretta.Masked) {
	rejected := map[int]bool{}
	var got []rejection
	for _, one := range masked.Rejections {
		got = append(got, rejection{int(one.Row), codes[one.Code]})
		rejected[int(one.Row)] = true
	}
	if len(masked.Columns) != 1 || !reflect.DeepEqual(got, g.Rejected) {
		t.Fatalf("%d columns, rejected %v", len(masked.Columns), got)
	}
	expected := g.Output
	if expected == nil {
		expected = g.OutputShape
	}
	cells := Cells(&masked.Columns[0])
	for _, values := range expected {
		if len(values) != len(cells) {
			t.Fatalf("%d rows", len(cells))
		}
		for row, value := range values {
			fits := cells[row] == value
			if pattern, isText := value.(string); isText && g.Output == nil {
				text, _ := cells[row].(string)
				fits = regexp.MustCompile(pattern).MatchString(text)
			}
			if !fits && !rejected[row] {
				t.Errorf("row %d: got %v", row, cells[row])
			}
		}
	}
}

// Texts is a column of text, nil for a null.
func Texts(values ...any) moretta.Column {
	builder := moretta.NewTextBuilder(len(values), 0)
	for _, value := range values {
		if text, isText := value.(string); isText {
			builder.Push(text)
		} else {
			builder.Null()
		}
	}
	return builder.Finish()
}

// Cells are the values of a column: strings, numbers as float64, and nil for a null.
func Cells(column *moretta.Column) []any {
	cells := make([]any, column.Rows)
	for row := range cells {
		if !moretta.IsNull(column, row) {
			cells[row] = cell(column, row)
		}
	}
	return cells
}

func cell(column *moretta.Column, row int) any {
	if text, err := moretta.TextOf(column); err == nil {
		return string(text.Value(row))
	}
	if numbers, err := moretta.Int64sOf(column); err == nil {
		return float64(numbers.Values[row])
	}
	if numbers, err := moretta.DaysOf(column); err == nil {
		return float64(numbers.Values[row])
	}
	if numbers, err := moretta.MicrosecondsOf(column); err == nil {
		return float64(numbers.Values[row])
	}
	numbers, _ := moretta.Float64sOf(column)
	return numbers.Values[row]
}

func column(t *testing.T, written map[string][]any) moretta.Column {
	for kind, values := range written {
		switch kind {
		case "text":
			return Texts(values...)
		case "int64":
			return moretta.FinishInt64(numbers[int64](values))
		case "date32":
			return moretta.FinishDays(numbers[int32](values))
		case "timestamp":
			return moretta.FinishMicroseconds(numbers[int64](values))
		case "float64":
			return moretta.FinishFloat64(numbers[float64](values))
		}
	}
	t.Fatalf("no column that cases can have: %v", written)
	return moretta.Column{}
}

func numbers[T int32 | int64 | float64](values []any) *moretta.NumberBuilder[T] {
	var builder moretta.NumberBuilder[T]
	for _, value := range values {
		if number, isNumber := value.(float64); isNumber {
			builder.Push(T(number))
		} else {
			builder.Null()
		}
	}
	return &builder
}

type testKey []moretta.Column

// TestKey is a key lent for these columns: its digests differ where the values do, and hide nothing.
func TestKey(columns ...moretta.Column) moretta.PseudonymKey { return testKey(columns) }

func (k testKey) Digests(column uint32, _ moretta.Normalize, length uint32) ([]byte, error) {
	if int(column) >= len(k) || length < 1 || length > 32 {
		return nil, moretta.KeyRefused
	}
	var digests []byte
	for _, cell := range Cells(&k[column]) {
		hash := fnv.New64a()
		fmt.Fprint(hash, cell)
		for range length {
			digest := byte(hash.Sum64() >> 32)
			if cell == nil {
				digest = 0
			}
			digests = append(digests, digest)
			hash.Write([]byte{digest})
		}
	}
	return digests, nil
}
