package sim_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"wspsim/sim"
)

// fixedDraws are the draws of a method from Stream(1, 2, 3), on every platform and in every
// release.
type fixedDraws struct {
	name  string
	draw  func(r *sim.Rand) uint64
	hash  uint64 // hash of 2,000,000 draws
	first [16]uint64
}

func fixedFrom(d sim.Dist) func(r *sim.Rand) uint64 {
	return func(r *sim.Rand) uint64 { return uint64(d.Draw(r)) }
}

// TestDrawsAreFixedForEver fails if a seed gives another run than before: on another platform,
// with another compiler, or after a change. Do not update these numbers; a better method gets
// a new name. A few draws are not enough: some methods differ between processors once in a
// million draws.
func TestDrawsAreFixedForEver(t *testing.T) {
	for _, want := range drawsForEver() {
		t.Run(want.name, func(t *testing.T) {
			t.Parallel()
			got := want
			got.hash = 0
			r := sim.Stream(1, 2, 3)
			for i := range 2_000_000 {
				x := want.draw(&r)
				if i < len(got.first) {
					got.first[i] = x
				}
				got.hash = (got.hash ^ x) * 0x9e3779b97f4a7c15
				got.hash ^= got.hash >> 32
			}
			if got.hash != want.hash || got.first != want.first {
				t.Errorf("got\n%s\nwant\n%s", got.source(), want.source())
			}
		})
	}
}

// source returns the numbers as they stand in drawsForEver.
func (f fixedDraws) source() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%#x, [16]uint64{", f.hash)
	for i, x := range f.first {
		if i%4 == 0 {
			b.WriteString("\n\t")
		} else {
			b.WriteString(" ")
		}
		fmt.Fprintf(&b, "%d,", x)
	}
	b.WriteString("\n}")
	return b.String()
}

func TestStreamsBeginAsEver(t *testing.T) {
	for _, row := range []struct {
		seed, who uint64
		why       sim.Purpose
		want      uint64
	}{
		{0, 0, 0, 0x41688c446b00b4b5},
		{1, 0, 0, 0x73ad10edd7d383},
		{0, 1, 0, 0x76fb8367883654c5},
		{0, 0, 1, 0xce5d16109a5e53bb},
		{1, 2, 3, 0x5e4df045f351f25d},
		{1, 3, 2, 0xcf0a257b68bbeb6e},
		{3, 2, 1, 0x6ea22a1a46e8a0c5},
		{1 << 63, 1 << 63, 1 << 31, 0x91602399fb2d917d},
		{1<<64 - 1, 1<<64 - 1, 1<<32 - 1, 0xb178f6c774aefb84},
	} {
		r := sim.Stream(row.seed, row.who, row.why)
		if got := r.Uint64(); got != row.want {
			t.Errorf("Stream(%d, %d, %d) begins with %#x, want %#x", row.seed, row.who, row.why, got, row.want)
		}
	}
}

func TestNamesAreTheSameAsEver(t *testing.T) {
	for _, row := range []struct {
		name string
		want uint64
	}{
		{"", 0xf52a15e9a9b5e89b},
		{"a", 0x2c0bdbf481420f8},
		{"b", 0x3e35b21bfb9b6405},
		{"clients", 0x9539001b91a7fd89},
		{"\xff\x00", 0x61c3e3f101d43dd},
		{"Zürich", 0xc65e9341af283a5d},
	} {
		if got := sim.Name(row.name); got != row.want {
			t.Errorf("Name(%q) = %#x, want %#x", row.name, got, row.want)
		}
	}
	for _, row := range []struct{ who, number, want uint64 }{
		{0, 0, 0},
		{0, 1, 0x5692161d100b05e5},
		{1, 0, 0x7ab40e090f363a7d},
		{1<<64 - 1, 1<<64 - 1, 0xd6bdf7544574c9cb},
	} {
		if got := sim.Member(row.who, row.number); got != row.want {
			t.Errorf("Member(%d, %d) = %#x, want %#x", row.who, row.number, got, row.want)
		}
	}
}

func drawsForEver() []fixedDraws {
	return []fixedDraws{
		{"Uint64", (*sim.Rand).Uint64, 0xe1dc4421d12e8a98, [16]uint64{
			6795351595997590109, 9062448261094647603, 9016207730488647901, 14312011701915424347,
			7644695497345561663, 10674016701721799660, 12629502035611534497, 5188261380921632797,
			4692848230625692378, 16895166854923780536, 3612409099719877974, 5991750243255552988,
			10113119400018423555, 13423338378849520394, 7183211587838949790, 18060199915568860581,
		}},
		{"Uint64N of 1000", func(r *sim.Rand) uint64 { return r.Uint64N(1000) }, 0x8603f581f87421b4, [16]uint64{
			368, 491, 488, 775,
			414, 578, 684, 281,
			254, 915, 195, 324,
			548, 727, 389, 979,
		}},
		{"Uint64N that rejects a quarter", func(r *sim.Rand) uint64 { return r.Uint64N(3 << 61) }, 0xe878e907ec2b9218, [16]uint64{
			2548256848499096290, 3381077898933242962, 2866760811504585623, 4002756263145674872,
			4736063263354325436, 1945598017845612298, 1759818086484634641, 1354653412394954240,
			2246906341220832370, 5033751892068570147, 2693704345439606171, 6772574968338322717,
			817476118402465098, 4473813040182396415, 6399908681350972639, 183018116442255239,
		}},
		{"Duration", func(r *sim.Rand) uint64 { return uint64(r.Duration(time.Second)) }, 0xb38bcbae07ccc13d, [16]uint64{
			368376748, 491276304, 488769600, 775855708,
			414419773, 578639604, 684646677, 281256213,
			254399812, 915888830, 195829089, 324813431,
			548233301, 727680631, 389402680, 979045399,
		}},
		{"Chance", func(r *sim.Rand) uint64 {
			if r.Chance(sim.Ratio{Num: 1, Den: 3}) {
				return 1
			}
			return 0
		}, 0x53010f1c77210181, [16]uint64{
			0, 0, 0, 0,
			0, 0, 0, 1,
			1, 0, 1, 1,
			0, 0, 0, 0,
		}},
		{"Uniform", fixedFrom(sim.Uniform{Min: time.Millisecond, Max: time.Second}), 0x93b1c10a61887f94, [16]uint64{
			369008371, 491785028, 489280831, 776079854,
			415005353, 579060965, 684962031, 281974957,
			255145412, 915972942, 196633260, 325488618,
			548685068, 727952951, 390013278, 979066354,
		}},
		{"Exponential", fixedFrom(sim.Exponential{Mean: time.Second}), 0x90139c7f83d04db9, [16]uint64{
			459462183, 675850248, 670934911, 1495465278,
			535152083, 864266766, 1154061609, 330250331,
			293565764, 2475615908, 217943457, 392766229,
			794589386, 1300779753, 493317589, 3865397048,
		}},
		{"Exponential of the longest average", fixedFrom(sim.Exponential{Mean: 1000 * time.Hour}), 0x890d70be6dd10a2f, [16]uint64{
			1654063859126771, 2433060892821296, 2415365678326522, 5383675001607345,
			1926547498095778, 3111360357704326, 4154621792870877, 1188901192049403,
			1056836750112519, 8912217268329587, 784596446578838, 1413958422875708,
			2860521787842362, 4682807110783836, 1775943318779962, 13915429373124956,
		}},
		{"Erlang", fixedFrom(sim.Erlang{Shape: 3, Mean: time.Second}), 0x62bd7d4742931c7d, [16]uint64{
			602082447, 964961376, 592625901, 1028775198,
			862895576, 1677232345, 1209892818, 1208848690,
			879511082, 653376271, 1307016421, 925997279,
			596872410, 1142032517, 739451644, 194596077,
		}},
		{"Pareto", fixedFrom(sim.Pareto{Min: time.Millisecond, AlphaMilli: 1200}), 0x2c8258fcb6cb1ca8, [16]uint64{
			1466510, 1756299, 1749119, 3477178,
			1561989, 2054890, 2616187, 1316805,
			1277159, 7869647, 1199158, 1387225,
			1938972, 2956432, 1508473, 25057275,
		}},
		{"Pareto of the widest range", fixedFrom(sim.Pareto{Min: time.Second, AlphaMilli: 1001, Max: 1_000_000 * time.Hour}), 0xdb30505e4349f19d, [16]uint64{
			1582495735, 1964376855, 1954754570, 4454751623,
			1706795209, 2371217088, 3167392520, 1390857427,
			1340808099, 11859660471, 1243246038, 1480491097,
			2211775507, 3667390130, 1636933646, 47538290998,
		}},
		{"LogNormal", fixedFrom(sim.LogNormal{Median: time.Second, SigmaMilli: 500}), 0x32170e54a4f95316, [16]uint64{
			845288048, 989125161, 986021541, 1461021213,
			897542267, 1104295129, 1271714816, 748595217,
			718669298, 1991661369, 651611300, 796808974,
			1062473321, 1353788083, 868977456, 2765469232,
		}},
		{"LogNormal of the widest range", fixedFrom(sim.LogNormal{Median: 1000 * time.Hour, SigmaMilli: 3000}), 0x8b11ef2175a392ca, [16]uint64{
			1313199992511181, 3371397787583732, 3308422128362595, 35013992243390277,
			1882053475473186, 6528500480786762, 15227930546553302, 633555680247406,
			495994717046415, 224696081581428029, 275571400906199, 921356706445755,
			5178580147092887, 22161881117051923, 1550078020608763, 1610332236279687696,
		}},
		{"Empirical", fixedFrom(sim.MustEmpirical(1, 10, 100, 1000, 10_000)), 0xd6f0c20a203fed3a, [16]uint64{
			10, 100, 100, 1000,
			100, 100, 1000, 10,
			10, 10000, 1, 10,
			100, 1000, 10, 10000,
		}},
		{"Fixed", fixedFrom(sim.Fixed(time.Second)), 0xf2e23093734b45e8, [16]uint64{
			1000000000, 1000000000, 1000000000, 1000000000,
			1000000000, 1000000000, 1000000000, 1000000000,
			1000000000, 1000000000, 1000000000, 1000000000,
			1000000000, 1000000000, 1000000000, 1000000000,
		}},
	}
}
