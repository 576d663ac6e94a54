package sim

import (
	"math"
	"testing"
	"time"
)

func TestTimeAddStopsAtBothEnds(t *testing.T) {
	for _, c := range []struct {
		t    Time
		d    time.Duration
		want Time
		why  string
	}{
		{0, 0, 0, "nothing added"},
		{5, 7, 12, "plain sum"},
		{12, -7, 5, "back"},
		{12, -12, 0, "exactly to the start"},
		{12, -13, 0, "before the start there is nothing"},
		{0, math.MinInt64, 0, "the longest way back"},
		{Forever, math.MinInt64, 0, "the longest way back, from the end"},
		{Forever - 1, 1, Forever, "exactly to the end"},
		{Forever, 1, Forever, "one beyond the end"},
		{1, math.MaxInt64, Forever, "the longest way ahead"},
		{Forever, math.MaxInt64, Forever, "both largest: the sum wraps to -2"},
		{Forever, -1, Forever - 1, "back from the end"},
	} {
		if got := c.t.Add(c.d); got != c.want {
			t.Errorf("Time(%d).Add(%d) = %d, want %d (%s)", c.t, c.d, got, c.want, c.why)
		}
	}
}

func TestTimeSubIsTheWayBack(t *testing.T) {
	if got := Time(5).Sub(12); got != -7 {
		t.Errorf("Time(5).Sub(12) = %d, want -7", got)
	}
	if got := Forever.Sub(0); got != math.MaxInt64 {
		t.Errorf("Forever.Sub(0) = %d, want %d", got, int64(math.MaxInt64))
	}
}

func TestTimeStringIsMillisecondsCutToMicroseconds(t *testing.T) {
	for _, c := range []struct {
		t    Time
		want string
	}{
		{0, "0.000 ms"},
		{999, "0.000 ms"},
		{1_000, "0.001 ms"},
		{12_345_999, "12.345 ms"},
		{10_020_000, "10.020 ms"},
		{Time(time.Hour), "3600000.000 ms"},
		{Forever, "9223372036854.775 ms"},
		{-1_500_000, "-1.500 ms"},
		{math.MinInt64, "-9223372036854.775 ms"},
	} {
		if got := c.t.String(); got != c.want {
			t.Errorf("Time(%d).String() = %q, want %q", c.t, got, c.want)
		}
	}
}

func TestAppendMillisAppendsAndAllocatesNothing(t *testing.T) {
	if got := string(Time(12_345_000).AppendMillis([]byte("at "))); got != "at 12.345" {
		t.Errorf(`AppendMillis("at ") = %q, want "at 12.345"`, got)
	}
	b := make([]byte, 0, 64)
	if n := testing.AllocsPerRun(100, func() { b = Forever.AppendMillis(b[:0]) }); n != 0 {
		t.Errorf("AppendMillis allocated %v times, want 0", n)
	}
}
