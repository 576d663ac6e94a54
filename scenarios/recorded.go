package scenarios

import (
	"strconv"
	"strings"
	"time"

	"wspsim/sim"
)

// recorded plays a real series of arrivals.
func recorded() Scenario {
	return Scenario{
		Name:     "recorded",
		Summary:  "a recorded series of arrivals against the listener",
		Question: "The first 300 requests that a real server got: about 120 a second against one worker that manages 100. How many are refused with a backlog of 4?",
		Lesson: "One in five is refused (R4): the queue is full for a fifth of the time, and random arrivals find it " +
			"full as often as it is. One in six would have to be refused, because that much more comes than the worker " +
			"can serve. The rest is chance: bursts fill the queue, and gaps empty it and leave the worker idle. On " +
			"Windows most of the refused clients get in after all, half a second later or more (WS.T3, WS.T5). Play " +
			"your own series with --arrivals FILE.",
		Profiles: []string{"wsp", "windows"},
		Until:    time.Minute,
		Link:     lan(),
		Steps:    []Step{{0, Listen{Backlog: 4}}},
		Load:     Load{Times: recordedArrivals()},
		Program:  Program{Workers: 1, Service: sim.Fixed(10 * time.Millisecond)},
		Expect: []Expectation{
			{For: "wsp", Statistic: "outcomes.refused", Min: 20, Max: 120},
			{Statistic: "listener.peak_pending", Min: 4, Max: 4},
		},
		Knobs: []Knob{anyBacklog("backlog"), {"workers", 0, 10_000}, {"service", 0, int64(time.Hour)}, {"latency", 0, int64(time.Second)}, {"send", 0, 1 << 20}},
	}
}

// recordedArrivals returns the first SYNs of 300 clients as a Linux 6.18.44
// kernel logged them on loopback: Poisson arrivals, 120 a second. The same
// series is testdata/arrivals/openloop120.csv.
func recordedArrivals() []time.Duration {
	var times []time.Duration
	at := time.Duration(0)
	for _, field := range strings.Fields(recordedPauses) {
		micros, _ := strconv.Atoi(field) // digits only, see the test
		at += time.Duration(micros) * time.Microsecond
		times = append(times, at)
	}
	return times
}

// recordedPauses are the microseconds from each arrival to the next.
const recordedPauses = "" +
	"0 1052 3964 9121 12844 5938 12127 37406 10331 2212 6364 1048 9377 135 195 9104 9105 535 7547 " +
	"3185 10258 12048 8204 568 14312 641 5656 69 2640 27040 7299 8418 4123 7147 12303 2381 3335 8169 " +
	"811 396 3884 1412 18462 6483 19173 3231 817 1658 31398 824 13036 5674 6427 15753 1368 2825 9698 " +
	"17323 6420 2903 1457 18004 10215 14990 6148 4847 23615 7878 1781 9255 2110 7176 29751 5753 50 " +
	"11386 18577 1666 5018 4896 8517 1584 17 2301 11344 726 37614 22667 2993 16885 2927 2027 13154 " +
	"19310 10099 2793 13693 46 8430 4704 9196 4778 146 3550 2012 21849 6414 1806 7167 3021 8907 6876 " +
	"11371 5771 7317 6953 6185 5025 1805 12785 116 15171 11318 340 23391 17774 7505 630 16740 721 " +
	"6478 7139 21242 1550 7148 8924 914 1519 2397 9713 5124 15687 5688 3094 5603 11230 1939 18007 " +
	"12391 27225 6659 2211 4593 3534 8795 9263 17566 2856 3462 3989 9141 20851 186 11248 19788 16343 " +
	"540 12348 391 7225 3130 103 2072 8380 3934 8705 4842 5930 997 2013 9621 15591 776 8331 12070 " +
	"2042 13534 742 45742 3865 10639 7250 434 882 140 7305 168 4777 3408 7899 1933 5517 7532 12745 " +
	"7604 4941 405 18774 18898 3631 3155 2269 514 5434 8994 5985 14658 25245 34667 589 3003 40053 " +
	"11247 3576 1457 6297 7023 1947 3288 2609 2519 457 1278 16581 3813 10971 15812 7920 58351 5399 " +
	"3224 14970 338 5978 26428 14796 3935 7171 8518 674 21031 1936 4313 1159 55034 898 458 10433 " +
	"12473 10004 17548 6116 5034 480 1259 15974 2198 459 340 3379 9148 2001 9797 23921 787 1648 " +
	"17627 9900 14223 13675 6362 5435 20085 11415 9149 87 2456 3211 166 962 6033 1859 175 8047 974 " +
	"9059 7918 3559 18259 2207"
