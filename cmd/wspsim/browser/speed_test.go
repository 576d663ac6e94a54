package browser

import "testing"

// TestAThousandClientsAreDrawnInTime plays a page of a thousand clients under two systems. It
// logs the figures. A browser without a graphics processor paints slowly: only a standstill
// fails.
func TestAThousandClientsAreDrawnInTime(t *testing.T) {
	b := open(t)
	b.size(1440, 1000, "light", "no-preference")
	b.load(export(t, "burst", "--profile", "windows,linux", "--set", "clients=1000"))
	b.keys("r ")
	frames := awaited[float64](b, `new Promise((done) => {
		let n = 0;
		const began = performance.now(), count = () => { n++; const t = performance.now() - began; if (t < 2000) requestAnimationFrame(count); else done(n / t * 1000); };
		requestAnimationFrame(count);
	})`)
	b.keys(" ")
	seek := ask[float64](b, `(() => {
		const began = performance.now();
		for (let i = 0; i < 50; i++) document.dispatchEvent(new KeyboardEvent('keydown', {key: i % 2 ? 'Home' : 'End', bubbles: true}));
		return (performance.now() - began) / 50;
	})()`)
	t.Logf("%.0f frames a second, %.1f ms a seek from one end to the other", frames, seek)
	if frames < 1 || seek > 300 {
		t.Errorf("%.0f frames a second and %.1f ms a seek, want at least 1 and at most 300", frames, seek)
	}
	b.quiet()
}
