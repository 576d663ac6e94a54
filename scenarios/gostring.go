package scenarios

import (
	"fmt"
	"go/token"
	"path"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"wspsim/netmodel"
	"wspsim/netmodel/winsock"
	"wspsim/sim"
)

// GoString returns the scenario as Go source, formatted by gofmt's rules: a literal of
// scenarios.Scenario for a package that imports scenarios, netmodel, netmodel/winsock, sim and time.
// Zero fields are left out. The source compiles and gives the same run.
func (s Scenario) GoString() string {
	var p source
	return p.many(reflect.ValueOf(s), 0, "scenarios.Scenario")
}

// Source returns a Go file, formatted by gofmt's rules, with one function that returns
// the scenario: Overflow() for the scenario overflow.
func Source(s Scenario) string {
	var p source
	literal := p.many(reflect.ValueOf(s), 1, "scenarios.Scenario")
	name := functionName(s.Name)
	var b strings.Builder
	b.WriteString("package fixtures\n\nimport (\n")
	if p.uses("time.") {
		b.WriteString("\t\"time\"\n\n")
	}
	module := path.Dir(reflect.TypeFor[Scenario]().PkgPath())
	for _, pkg := range []string{"netmodel", "netmodel/winsock", "scenarios", "sim"} {
		if p.uses(path.Base(pkg) + ".") {
			b.WriteString("\t\"" + module + "/" + pkg + "\"\n")
		}
	}
	b.WriteString(")\n\n")
	if summary := commentText(s.Summary); summary != "" {
		b.WriteString("// " + name + ": " + summary + ".\n")
	}
	b.WriteString("func " + name + "() scenarios.Scenario {\n\treturn " + literal + "\n}\n")
	return b.String()
}

// commentText makes text fit for a comment of one line.
func commentText(text string) string {
	return strings.Join(strings.FieldsFunc(strings.ToValidUTF8(text, ""), func(r rune) bool {
		return !unicode.IsPrint(r) || r == ' '
	}), " ")
}

// functionName makes an exported Go name of a scenario's name.
func functionName(name string) string {
	var b strings.Builder
	for word := range strings.FieldsFuncSeq(name, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		first, size := utf8.DecodeRuneInString(word)
		b.WriteString(string(unicode.ToUpper(first)) + word[size:])
	}
	if token.IsIdentifier(b.String()) && token.IsExported(b.String()) {
		return b.String()
	}
	return "Fixture" + b.String()
}

// lineWidth is where lines of source are broken, a tab counted as four columns.
const lineWidth = 100

// source prints values as Go. It prints an unknown type as fmt does.
type source struct {
	packages []string // those named so far, each with its dot
}

func (p *source) uses(pkg string) bool { return slices.Contains(p.packages, pkg) }

// code returns text unchanged and notes which packages it names.
func (p *source) code(text string) string {
	for _, pkg := range []string{"time.", "netmodel.", "winsock.", "scenarios.", "sim."} {
		if strings.Contains(text, pkg) && !p.uses(pkg) {
			p.packages = append(p.packages, pkg)
		}
	}
	return text
}

// value prints a value that begins in a column of a line indented by tabs. It prints
// on that line if the value fits, and over several lines if not. The argument kind is
// the type, "" where the place implies it.
func (p *source) value(v reflect.Value, tabs, column int, kind string) string {
	if line := p.line(v, kind); column+utf8.RuneCountInString(line) <= lineWidth && !alwaysMany(v) {
		return line
	}
	if v.Kind() == reflect.String {
		return wrapString(v.String(), tabs, column)
	}
	return p.many(v, tabs, kind)
}

// alwaysMany reports whether a value gets a line for each of its parts even if
// it is short: steps, expectations and knobs do.
func alwaysMany(v reflect.Value) bool {
	return v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Struct
}

// line prints a value on one line.
func (p *source) line(v reflect.Value, kind string) string {
	switch v.Kind() {
	case reflect.Interface:
		return p.line(v.Elem(), v.Elem().Type().String())
	case reflect.Pointer:
		return "&" + p.line(v.Elem(), kind)
	}
	if text, ok := constant(v.Interface()); ok {
		return p.code(text)
	}
	switch v.Kind() {
	case reflect.Struct:
		var parts []string
		for _, f := range fieldsOf(v) {
			parts = append(parts, f.name+": "+p.line(f.value, f.kind))
		}
		return p.code(kind) + "{" + strings.Join(parts, ", ") + "}"
	case reflect.Slice:
		var parts []string
		for i := range v.Len() {
			parts = append(parts, p.line(v.Index(i), ""))
		}
		return p.code(kind) + "{" + strings.Join(parts, ", ") + "}"
	case reflect.String:
		return strconv.Quote(v.String())
	}
	return fmt.Sprintf("%v", v.Interface()) // whole numbers and booleans
}

// many prints a value over several lines, the first of which is indented
// already.
func (p *source) many(v reflect.Value, tabs int, kind string) string {
	switch {
	case v.Kind() == reflect.Pointer:
		return "&" + p.many(v.Elem(), tabs, kind)
	case v.Kind() == reflect.Struct && isPlain(v) && len(fieldsOf(v)) > 0:
		return p.code(kind) + "{\n" + p.fields(v, tabs+1) + strings.Repeat("\t", tabs) + "}"
	case v.Kind() == reflect.Slice && v.Len() > 0:
		return p.code(kind) + "{\n" + p.elements(v, tabs+1) + strings.Repeat("\t", tabs) + "}"
	}
	return p.line(v, kind)
}

// fields prints one field a line. By gofmt's rules, values on consecutive lines begin
// in one column.
func (p *source) fields(v reflect.Value, tabs int) string {
	fields := fieldsOf(v)
	widest := make([]int, len(fields)) // of the names in the same run
	texts := make([]string, len(fields))
	for i, f := range fields {
		texts[i] = p.value(f.value, tabs, 4*tabs+len(f.name)+2, f.kind)
	}
	for i := 0; i < len(fields); {
		end, width := i, 0
		for ; end < len(fields) && !strings.Contains(texts[end], "\n"); end++ {
			width = max(width, len(fields[end].name))
		}
		for ; i < end; i++ {
			widest[i] = width
		}
		i = end + 1 // a value of several lines ends the run
	}
	var b strings.Builder
	for i, f := range fields {
		pad := strings.Repeat(" ", max(0, widest[i]-len(f.name)))
		b.WriteString(strings.Repeat("\t", tabs) + f.name + ": " + pad + texts[i] + ",\n")
	}
	return b.String()
}

// elements prints the elements of a slice: structs one a line, others as many
// as a line holds.
func (p *source) elements(v reflect.Value, tabs int) string {
	var b strings.Builder
	indent := strings.Repeat("\t", tabs)
	if alwaysMany(v) {
		for i := range v.Len() {
			b.WriteString(indent + p.value(v.Index(i), tabs, 4*tabs+1, "") + ",\n")
		}
		return b.String()
	}
	column := 0
	for i := range v.Len() {
		text := p.line(v.Index(i), "") + ","
		switch {
		case column == 0:
			b.WriteString(indent)
			column = 4*tabs + len(text)
		case column+1+len(text) > lineWidth:
			b.WriteString("\n" + indent)
			column = 4*tabs + len(text)
		default:
			b.WriteByte(' ')
			column += 1 + len(text)
		}
		b.WriteString(text)
	}
	return b.String() + "\n"
}

// field is a field to print, with the type of its literal.
type field struct {
	name, kind string
	value      reflect.Value
}

// nanoseconds is the range of a knob that is a duration.
type nanoseconds int64

// fieldsOf returns the fields of a struct that are not zero. For an expectation it
// also returns the outcome or the statistic, even if zero.
func fieldsOf(v reflect.Value) []field {
	var fields []field
	t := v.Type()
	for i := range t.NumField() {
		f := field{t.Field(i).Name, t.Field(i).Type.String(), v.Field(i)}
		if f.value.Kind() == reflect.Pointer {
			f.kind = t.Field(i).Type.Elem().String()
		}
		said := !f.value.IsZero()
		switch s := v.Interface().(type) {
		case Expectation:
			said = said || f.name == "Outcome" && s.Client != "" || f.name == "Statistic" && s.Client == ""
		case Knob:
			if s.Unit() == UnitDuration && f.value.Kind() == reflect.Int64 {
				f.value = reflect.ValueOf(nanoseconds(f.value.Int()))
			}
		}
		if f.value.Kind() == reflect.Slice && f.value.Len() == 0 {
			said = false
		}
		if said {
			fields = append(fields, f)
		}
	}
	return fields
}

// isPlain reports whether a struct is printed field by field.
func isPlain(v reflect.Value) bool {
	_, special := constant(v.Interface())
	return !special
}

// wrapString prints a string that begins in a column over several lines,
// broken after blanks.
func wrapString(s string, tabs, column int) string {
	var lines []string
	room := lineWidth - column - len(` +`)
	start, blank := 0, 0 // of the line; behind its last blank
	for i := range len(s) {
		if blank > start && len(strconv.Quote(s[start:i+1])) > room {
			lines = append(lines, strconv.Quote(s[start:blank]))
			start = blank
			room = lineWidth - 4*(tabs+1) - len(` +`)
		}
		if s[i] == ' ' {
			blank = i + 1
		}
	}
	lines = append(lines, strconv.Quote(s[start:]))
	return strings.Join(lines, " +\n"+strings.Repeat("\t", tabs+1))
}

// constant returns the text of values that have a name or print themselves.
func constant(v any) (string, bool) {
	switch v := v.(type) {
	case time.Duration:
		return sim.GoDuration(v), true
	case nanoseconds:
		return "int64(" + sim.GoDuration(time.Duration(v)) + ")", true
	case sim.Dist, sim.Ratio:
		return fmt.Sprintf("%#v", v), true
	case netmodel.Outcome:
		names := []string{"OutcomePending", "OutcomeAccepted", "OutcomeRefused", "OutcomeReset", "OutcomeTimedOut", "OutcomeGaveUp"}
		return named("netmodel.", "Outcome", names, int(v)), true
	case netmodel.Progress:
		names := []string{"ProgressDecided", "ProgressTrying", "ProgressQueued", "ProgressPhantom"}
		return named("netmodel.", "Progress", names, int(v)), true
	case winsock.Decision:
		return named("winsock.", "Decision", []string{"CF_ACCEPT", "CF_REJECT", "CF_DEFER"}, int(v)), true
	case netmodel.Fault:
		return faults(v), true
	case int:
		if v == winsock.SomaxconnWinsock2 {
			return "winsock.SomaxconnWinsock2", true
		}
	}
	return "", false
}

// named prints a value of an enumeration.
func named(pkg, kind string, names []string, n int) string {
	if n >= 0 && n < len(names) {
		return pkg + names[n]
	}
	return pkg + kind + "(" + strconv.Itoa(n) + ")"
}

// faults prints a set of faults.
func faults(f netmodel.Fault) string {
	names := []string{"FaultNetworkDown", "FaultNoBuffers", "FaultInCallback"}
	var parts []string
	for i, name := range names {
		if f&(1<<i) != 0 {
			parts = append(parts, "netmodel."+name)
		}
	}
	if len(parts) == 0 || f >= 1<<len(names) {
		return "netmodel.Fault(" + strconv.Itoa(int(f)) + ")"
	}
	return strings.Join(parts, " | ")
}
