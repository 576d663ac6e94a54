package scenarios_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"pgregory.net/rapid"

	"wspsim/scenarios"
)

func TestArrivalsFileIsTheRecordedScenario(t *testing.T) {
	for _, column := range []string{"", "1", "arrival_us"} {
		f, err := os.Open("../testdata/arrivals/openloop120.csv")
		if err != nil {
			t.Fatal(err)
		}
		got, err := scenarios.ParseArrivals(f, column)
		_ = f.Close()
		if want := byName(t, "recorded").Load.Times; err != nil || !slices.Equal(got, want) {
			t.Errorf("column %q: %d arrivals, %v; want the %d of the scenario", column, len(got), err, len(want))
		}
	}
}

func TestArrivalsAreReadExactly(t *testing.T) {
	const us = time.Microsecond
	for _, test := range []struct {
		why, text, column string
		want              []time.Duration
	}{
		{"seconds", "0\n0.25\n1.5\n", "", []time.Duration{0, 250 * ms, 1500 * ms}},
		{"no line feed at the end", "1\n2", "", []time.Duration{0, time.Second}},
		{"0.1 is not a sum of powers of two", "0\n0.1\n0.3\n", "", []time.Duration{0, 100 * ms, 300 * ms}},
		{"all nine decimals", "0.000000001\n0.123456789\n1.000000000000", "", []time.Duration{0, 123456788, 999999999}},
		{"the first is subtracted", "1714564800.5\n1714564801\n", "", []time.Duration{0, 500 * ms}}, // more than ten years after 0
		{"zeros in front", "007\n08", "", []time.Duration{0, time.Second}},
		{"the first is subtracted", "86400.25\n86400.5\n", "", []time.Duration{0, 250 * ms}},
		{"equal ones come together", "3\n3\n3\n", "", []time.Duration{0, 0, 0}},
		{"unit of the header", "arrival_us\n10\n12.5\n", "", []time.Duration{0, 2500}},
		{"unit of the header", "t_ms\n1\n2\n", "", []time.Duration{0, ms}},
		{"unit of the header", "at_ns\n1\n2\n", "", []time.Duration{0, 1}},
		{"unit of the header", "at_s\n1\n2\n", "", []time.Duration{0, time.Second}},
		{"a header without a unit", "arrivals\n1\n2\n", "", []time.Duration{0, time.Second}},
		{"durations", "250ms\n1m2.5s\n1h0.5us\n", "", []time.Duration{0, 62250 * ms, time.Hour + 500 - 250*ms}},
		{"durations mind no unit", "t_us\n1ms\n2µs500ns", "", nil},
		{"durations mind no unit", "t_us\n1µs\n2.5us", "", []time.Duration{0, 1500}},
		{"times", "2024-05-01T12:00:00.25Z\n2024-05-01T14:00:01+02:00\n", "", []time.Duration{0, 750 * ms}},
		{"times before 1970", "1900-01-01T00:00:00Z\n1900-01-01T00:00:00.000000001Z\n", "", []time.Duration{0, 1}},
		{"comments and blank lines", "# made by hand\n\n0\n   \n  # more\n1\n", "", []time.Duration{0, time.Second}},
		{"lines of another system", "\ufeffarrival_us\r\n1\r\n2\r\n", "arrival_us", []time.Duration{0, us}},
		{"a column by name", "client,at_ms,bytes\nx,5,10\ny,7,11\n", "at_ms", []time.Duration{0, 2 * ms}},
		{"a column by number", "client,at_ms,bytes\nx,5,10\ny,7,11\n", "2", []time.Duration{0, 2 * ms}},
		{"a column by number without a header", "x,5,10\ny,7,11\n", "3", []time.Duration{0, time.Second}},
		{"semicolons and blanks", "at ; who\n 5 ; x\n 7 ; y\n", "at", []time.Duration{0, 2 * time.Second}},
		{"quotes", "\"a \"\"b\"\", c\",at_ms\n\"x,y\" , \"5\"\n\"\",7\n", "2", []time.Duration{0, 2 * ms}},
		{"empty fields", "a,b\n,5\n,6\n", "b", []time.Duration{0, time.Second}},
		{"tabs, with empty fields", "a\tb\tc\n\t5\t\n\t6\t\n", "b", []time.Duration{0, time.Second}},
		{"a further column has other separators", "agent;t\nx (a, b)\tc;5\ny, z;6\n", "t", []time.Duration{0, time.Second}},
		{"a further column has numbers that are no instants", "t,service,id\n1,NaN,-7\n2,,1e9\n", "t", []time.Duration{0, time.Second}},
		{"separators in quotes are text", "\"a;b\",\"c\td\"\n1,2\n3,4\n", "2", []time.Duration{0, 2 * time.Second}},
		{"a column that is named twice, by number", "t,t\n1,5\n2,7\n", "2", []time.Duration{0, 2 * time.Second}},
		{"two names, one of them twice", "x,t_ms,x\n1,5,1\n2,7,1\n", "t_ms", []time.Duration{0, 2 * ms}},
		{"CRLF and no line feed at the end", "id,t\r\n1,5\r\n1,6", "t", []time.Duration{0, time.Second}},
		{"more than nine digits in a unit", "epoch_ns\n1714564800000000001\n1714564800000000003\n", "", []time.Duration{0, 2}},
	} {
		got, err := scenarios.ParseArrivals(strings.NewReader(test.text), test.column)
		if test.want == nil {
			if err == nil {
				t.Errorf("%s: %q: %v, want an error", test.why, test.text, got)
			}
			continue
		}
		if err != nil || !slices.Equal(got, test.want) {
			t.Errorf("%s: ParseArrivals(%q, %q) = %v, %v; want %v", test.why, test.text, test.column, got, err, test.want)
		}
	}
}

func TestArrivalsThatAreNoneAreRefused(t *testing.T) {
	long := strings.Repeat("7", 70_000)
	for _, test := range []struct {
		why, text, column string
		want              []string
	}{
		{"empty", "", "", []string{"line 1, column 1", "empty", "want at least one"}},
		{"only comments", "# a\n\n# b\n", "", []string{"line 4", "empty"}},
		{"only a header", "arrival_us\n", "", []string{"empty"}},
		{"unsorted", "0\n2\n1\n", "", []string{"line 3, column 1", `"1"`, "ascending", `"2"`}},
		{"unsorted below the first", "5\n4\n", "", []string{"line 2", `"4"`, `"5"`, "ascending"}},
		{"unsorted by centuries", "2300-01-01T00:00:00Z\n1700-01-01T00:00:00Z\n", "", []string{"line 2", "ascending"}},
		{"unsorted in a column", "who,t\nx,2\ny , 1\n", "t", []string{"line 3, column 5", "ascending"}},
		{"not a number", "NaN\n", "", []string{"line 1, column 1", `"NaN"`, "want seconds"}},
		{"not a number", "0\nnan\n", "", []string{"line 2", "want seconds"}},
		{"infinite", "0\nInf\n", "", []string{"line 2", "want seconds"}},
		{"infinite", "+Inf\n", "", []string{"line 1", "want seconds"}},
		{"infinite", "inf\n", "", []string{"line 1", "want seconds"}},
		{"negative", "-1\n", "", []string{"line 1, column 1", `"-1"`, "0 or later"}},
		{"a negative duration", "0s\n-5s\n", "", []string{"line 2", "0 or later"}},
		{"an exponent", "1e400\n", "", []string{"line 1", `"1e400"`, "want seconds"}},
		{"hexadecimal", "0x1p-2\n", "", []string{"want seconds"}},
		{"digits in groups", "1_000\n", "", []string{"want seconds"}},
		{"a sign", "+1\n", "", []string{"want seconds"}},
		{"half a number", "1.\n", "", []string{"want seconds"}},
		{"half a number", ".5\n", "", []string{"want seconds"}},
		{"two points", "1.2.3\n", "", []string{"want seconds"}},
		{"huge", "99999999999999999999\n", "", []string{"at most 1752000 hours"}},
		{"huge", "0\n315360001\n", "", []string{"line 2", "at most 87600 hours"}},
		{"huge duration", "3000000h\n", "", []string{"at most 1752000 hours"}},
		{"huge sum of durations", "1752000h1752000h\n", "", []string{"at most 1752000 hours"}},
		{"far apart", "0001-01-01T00:00:00Z\n9999-01-01T00:00:00Z\n", "", []string{"line 2", "at most 87600 hours"}},
		{"below a nanosecond", "0.0000000001\n", "", []string{"whole nanoseconds"}},
		{"below a nanosecond", "0\n0.5ns\n", "", []string{"line 2", "whole nanoseconds"}},
		{"below a nanosecond", "2024-05-01T12:00:00.0000000001Z\n", "", []string{"whole nanoseconds"}},
		{"no such day", "2024-13-41T12:00:00Z\n", "", []string{"want seconds"}},
		{"an unknown unit", "5 parsecs\n", "", []string{"want seconds"}},
		{"kinds mixed", "0\n250ms\n", "", []string{"line 2", `"250ms"`, "want a number, as before"}},
		{"kinds mixed", "250ms\n2024-05-01T12:00:00Z\n", "", []string{"line 2", "want a duration, as before"}},
		{"a quote that never ends", "0\n\"5\n", "", []string{"line 2, column 1", "closing quote"}},
		{"text behind a quote", "\"5\"x,3\n", "", []string{"line 1", "closing quote"}},
		{"binary", "\x7fELF\x02\x01\x01\x00", "", []string{"line 1, column 1", "want text"}},
		{"binary", "0\n1\x00\n", "", []string{"line 2, column 2", "want text"}},
		{"not UTF-8", "0\n\xff\xfe1\n", "", []string{"line 2, column 1", "want text"}},
		{"a terminal's escape", "0\n\x1b[31m\n", "", []string{"line 2", `\x1b`}},
		{"a long line", "0\n" + long, "", []string{"line 2, column 1", "longer than 65536 bytes"}},
		{"a field that is missing", "a,b\n1,2\n3\n", "b", []string{"line 3, column 1", "want 2 fields, as the first line has, and not 1"}},
		{"no such column", "a,b\n1,2\n", "c", []string{"line 1, column 1", `"c"`, `1 "a", 2 "b"`}},
		{"no such column", "a,b\n1,2\n", "3", []string{`"3"`, "from 1 to 2"}},
		{"no such column", "a,b\n1,2\n", "0", []string{`"0"`, "from 1 to 2"}},
		{"no such column", "a,b\n1,2\n", "-1", []string{"from 1 to 2"}},
		{"columns and none named", "id,ts\n17,0.25\n", "", []string{"line 2", `"17,0.25"`, "(--column)", `1 "id", 2 "ts"`}},
		{"columns and none named, no header", "17;0.25\n", "", []string{`"17;0.25"`, "(--column)", `1 "17", 2 "0.25"`}},
		{"columns, none named and one line", "x,0.25", "", []string{"line 1", `"x,0.25"`, "(--column)"}},
		{"columns, none named and only a header", "id,ts\n", "", []string{"line 2", "empty"}},
		{"many columns and none named", strings.Repeat("a_long_name_of_a_column,", 99) + "t\n1\n", "", []string{"(--column)", "... 100"}},
		{"a decimal comma", "0,1\n0,5\n", "", []string{"line 1", `"0,1"`, "(--column)", "decimal comma"}},
		{"a decimal comma", "t\n0,1\n", "", []string{"line 2, column 1", `"0,1"`, "want 1 field", "decimal comma"}},
		{"a decimal comma", "0\n1,5\n", "", []string{"line 2", "want 1 field", "decimal comma"}},
		{"a decimal comma", "\"0,1\"\n", "", []string{`"0,1"`, "decimal point"}},
		{"a decimal comma", "id;ts\n7;0,5\n", "ts", []string{"line 2, column 3", `"0,5"`, "decimal point"}},
		{"a decimal comma", "id\tts\n7\t1.000,5\n", "ts", []string{`"1.000,5"`, "decimal point"}},
		{"a decimal comma in a time", "\"2024-05-01T12:00:00,25Z\"\n", "", []string{"decimal point"}},
		{"two separators", "1,5;2\n", "", []string{"line 1, column 1", "one kind of separator, not commas and semicolons", "decimal point"}},
		{"two separators, with a column", "1,5;2\n", "1", []string{"one kind of separator"}},
		{"two separators", "a\tb,c\n", "a", []string{"not commas and tabs"}},
		{"rows with another separator", "id,ts\n1;2\n", "ts", []string{"line 2", "want 2 fields, as the first line has, and not 1"}},
		{"a row with more fields", "id,ts\n1,2\n1,2,x\n", "ts", []string{"line 3, column 1", `"1,2,x"`, "want 2 fields", "not 3"}},
		{"a row with more fields behind the column", "ts,id\n1,2\n2,2,2\n", "ts", []string{"line 3", "want 2 fields", "not 3"}},
		{"a row with fewer fields behind the column", "ts,id\n1,2\n2\n", "ts", []string{"line 3", "want 2 fields", "not 1"}},
		{"a name twice", "ts,id,ts\n1,2,3\n", "ts", []string{"line 1", `"ts"`, "columns 1 and 3 have that name"}},
		{"a name that is an instant", "0.5,1\n0.7,1\n", "0.5", []string{"the number of the column, which is 1", "no header"}},
		{"UTF-16", "\xff\xfe0\x00\n\x00", "", []string{"line 1", "UTF-16", "UTF-8"}},
		{"UTF-16, the other order", "\xfe\xff\x000\x00\n", "", []string{"line 1", "UTF-16"}},
		{"a line of 10 MB", strings.Repeat("1,", 5<<20), "1", []string{"line 1", "longer than 65536 bytes"}},
		{"lines of a very old system", "1\r2\r3", "", []string{"line 1, column 2", "one instant a line"}},
		{"a second header", "a\nb\n", "", []string{"line 2", "want seconds"}},
	} {
		refuses(t, test.why, test.text, test.column, test.want)
	}
}

// A header that names a unit is used; one that may name another is refused.
func TestHeaderOfArrivalsNamesTheUnit(t *testing.T) {
	const unknown = 0
	for _, test := range []struct {
		why  string
		unit time.Duration // of plain numbers
		name string
	}{
		{"behind an underscore", ms, "t_ms"},
		{"in brackets", ms, "ts (ms)"},
		{"in square brackets", time.Microsecond, "time[us]"},
		{"without a blank", time.Nanosecond, "time(ns)"},
		{"a micro sign", time.Microsecond, "t_µs"},
		{"a Greek letter", time.Microsecond, "t (μs)"},
		{"behind a point", ms, "frame.time.ms"},
		{"a capital letter", ms, "timeMs"},
		{"all capitals", ms, "TIME_MS"},
		{"the unit alone", time.Microsecond, "us"},
		{"a word", time.Nanosecond, "timestampNanos"},
		{"a word", ms, "milliseconds since the start"},
		{"seconds", time.Second, "t_s"},
		{"seconds", time.Second, "elapsed [sec]"},
		{"said twice", ms, "t_ms (ms)"},
		{"none", time.Second, "ts"},
		{"no word of its own", time.Second, "items"},
		{"the s of a name", ms, "client's time (ms)"},
		{"two units", unknown, "t_ms (us)"},
		{"minutes or a minimum", unknown, "t_min"},
		{"hours", unknown, "ts (h)"},
		{"no unit of time", unknown, "ts (ticks)"},
		{"a country", unknown, "us_east_ts"},
	} {
		got, err := scenarios.ParseArrivals(strings.NewReader(test.name+"\n5\n7\n"), "")
		if test.unit == unknown {
			wantError(t, test.why+": "+test.name, err, "line 2, column 1", test.name, "does not say it", "ts_ms")
			continue
		}
		if err != nil || !slices.Equal(got, []time.Duration{0, 2 * test.unit}) {
			t.Errorf("%s: ParseArrivals of 5 and 7 under %q = %v, %v; want 0s and %v", test.why, test.name, got, err, 2*test.unit)
		}
	}
	got, err := scenarios.ParseArrivals(strings.NewReader("t_min\n5m\n7m\n"), "")
	if err != nil || !slices.Equal(got, []time.Duration{0, 2 * time.Minute}) {
		t.Errorf("durations under t_min: %v, %v; want 0s and 2m: they say their unit", got, err)
	}
}

func TestAMillionArrivalsTakeLessThan256MiB(t *testing.T) {
	const arrivals = 1_000_000
	var text bytes.Buffer
	text.WriteString("client,agent,at_us\n")
	for i := range arrivals {
		fmt.Fprintf(&text, "c%d,\"a, b\",%d.5\n", i, 1_714_564_800_000_000+int64(i))
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	got, err := scenarios.ParseArrivals(bytes.NewReader(text.Bytes()), "at_us")
	runtime.ReadMemStats(&after)
	if err != nil || len(got) != arrivals {
		t.Fatalf("%d arrivals, %v; want %d", len(got), err, arrivals)
	}
	if total := after.TotalAlloc - before.TotalAlloc; total >= 256<<20 {
		t.Errorf("%d MiB were allocated in all, want less than 256", total>>20)
	}
	if calls := after.Mallocs - before.Mallocs; calls > 3*arrivals {
		t.Errorf("%d allocations, want at most 3 a line", calls)
	}
}

func BenchmarkParseArrivals(b *testing.B) {
	text := []byte("at_us\n" + strings.Repeat("1714564800000000.5\n", 1_000_000))
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := scenarios.ParseArrivals(bytes.NewReader(text), ""); err != nil {
			b.Fatal(err)
		}
	}
}

// refuses fails unless a series is an error that says all of the given words,
// is not long, and does not disturb a terminal.
func refuses(t *testing.T, why, text, column string, want []string) {
	t.Helper()
	got, err := scenarios.ParseArrivals(strings.NewReader(text), column)
	name := fmt.Sprintf("%s: ParseArrivals(%.40q, %q)", why, text, column)
	wantError(t, name, err, want...)
	if got != nil {
		t.Errorf("%s: %d arrivals besides the error", name, len(got))
	}
	if err != nil && (len(err.Error()) > 300 || strings.ContainsAny(err.Error(), "\n\x1b\x00")) {
		t.Errorf("%s: the error is %d bytes long or would disturb a terminal: %.400q", name, len(err.Error()), err)
	}
}

func TestArrivalsPassOnWhatReadingFailsOf(t *testing.T) {
	broken := errors.New("the disk is gone")
	_, err := scenarios.ParseArrivals(iotest.ErrReader(broken), "")
	if !errors.Is(err, broken) {
		t.Errorf("ParseArrivals: %v, want %v", err, broken)
	}
	got, err := scenarios.ParseArrivals(iotest.OneByteReader(strings.NewReader("0\n1\n")), "")
	if err != nil || len(got) != 2 {
		t.Errorf("byte by byte: %v, %v", got, err)
	}
}

func TestArrivalsAreAtMostMaxClients(t *testing.T) {
	if testing.Short() {
		t.Skip("reads 5,000,001 lines")
	}
	text := bytes.Repeat([]byte("1\n"), scenarios.MaxClients+1)
	_, err := scenarios.ParseArrivals(bytes.NewReader(text), "")
	wantError(t, "one line more", err, "line 5000001, column 1", "at most 5000000 arrivals")
}

// What is written is read back, whatever the form.
func TestArrivalsRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		times := rapid.SliceOfN(rapid.Int64Range(0, int64(24*time.Hour)), 1, 20).Draw(t, "times")
		slices.Sort(times)
		form := rapid.IntRange(0, 3).Draw(t, "form")
		var text strings.Builder
		var want []time.Duration
		for _, at := range times {
			switch d := time.Duration(at); form {
			case 0:
				fmt.Fprintf(&text, "%d.%09d\n", d/time.Second, d%time.Second)
			case 1:
				fmt.Fprintln(&text, d)
			case 2:
				fmt.Fprintln(&text, time.Unix(1_700_000_000, at).UTC().Format(time.RFC3339Nano))
			case 3:
				fmt.Fprintf(&text, "%d.%03d\n", d/time.Microsecond, d%time.Microsecond)
			}
			want = append(want, time.Duration(at-times[0]))
		}
		header := ""
		if form == 3 {
			header = "x_us\n"
		}
		got, err := scenarios.ParseArrivals(strings.NewReader(header+text.String()), "")
		if err != nil || !slices.Equal(got, want) {
			t.Fatalf("ParseArrivals(%q) = %v, %v; want %v", header+text.String(), got, err, want)
		}
	})
}

func TestWithArrivalsReplacesTheLoad(t *testing.T) {
	times := []time.Duration{0, time.Hour, 2 * time.Hour}
	for _, name := range []string{"recorded", "burst", "overflow"} {
		was := byName(t, name)
		s := was.WithArrivals(times)
		if err := s.Validate(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if !slices.Equal(s.Load.Times, times) || s.Load.Clients != 0 || s.Load.Every != nil {
			t.Errorf("%s: load %+v, want the times and nothing else", name, s.Load)
		}
		if s.Until <= 2*time.Hour || s.Until > 2*time.Hour+was.Until {
			t.Errorf("%s: ends at %v, want some time after the last arrival", name, s.Until)
		}
		for _, k := range []string{"clients", "every"} {
			if _, ok := s.Knob(k); ok {
				t.Errorf("%s: knob %s is still there", name, k)
			}
		}
		if r := mustRun(t, s, scenarios.Options{}); r.Verdict == scenarios.Failed || r.Outcomes.Offered < 3 || r.Outcomes.Pending > 3 {
			t.Errorf("%s: %v, %v; want no expectation about another crowd to fail", name, r.Verdict, r.Outcomes)
		}
		if again := byName(t, name); len(again.Knobs) != len(was.Knobs) || len(again.Expect) != len(was.Expect) || again.Until != was.Until {
			t.Errorf("%s: WithArrivals changed the catalogue", name)
		}
	}
	if s := byName(t, "recorded").WithArrivals([]time.Duration{0}); s.Until != byName(t, "recorded").Until {
		t.Errorf("a short series: ends at %v, want as before", s.Until)
	}
}

func FuzzParseArrivals(f *testing.F) {
	for _, seed := range []string{
		"0\n0.25\n", "arrival_us\n1\n2\n", "a,b\n1,2ms\n", "2024-05-01T12:00:00Z\n", "\"x\"\"\",5\n", "1h2m3.5s\n", "\ufeff# c\r\n\r\n7\r\n",
		"NaN\n", "-1", "1e400", "0x1p-2", "\"", "\x00\xff", "9999-12-31T23:59:59.999999999Z", "t_ns\n1;2\n", "a;b\n1;0,5\n", "a\tb (ms)\n\t2\n", "1,5;2", "b,b\n1,2\n", "5µs\n", "5μs", "5\u00b5", "0.00000000000000000001h",
	} {
		for _, column := range []string{"", "1", "2", "b"} {
			f.Add([]byte(seed), column)
		}
	}
	f.Fuzz(func(t *testing.T, text []byte, column string) {
		times, err := scenarios.ParseArrivals(bytes.NewReader(text), column)
		switch {
		case err != nil && (times != nil || !strings.HasPrefix(err.Error(), "line ")):
			t.Errorf("%d arrivals and %q, want an error that names the line, alone", len(times), err)
		case err == nil && (len(times) == 0 || times[0] != 0 || !slices.IsSorted(times)):
			t.Errorf("%v, want an ascending series that begins at 0", times)
		case err == nil:
			if err := byName(t, "recorded").WithArrivals(times).Validate(); err != nil {
				t.Errorf("what was read is not valid: %v", err)
			}
		}
	})
}
