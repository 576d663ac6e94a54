package browser
import ("testing";"os";"fmt";"time";"github.com/chromedp/chromedp")
func TestZZ(t *testing.T) {
	b := open(t)
	shot := func(name string) {
		png, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(90))
		if err != nil { t.Fatal(err) }
		os.WriteFile("/tmp/shot-"+name+".jpg", png, 0o644)
		png, err = chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
		os.WriteFile("/tmp/shot-"+name+".png", png, 0o644)
	}
	_ = fmt.Sprint
	b.size(1440, 900, "light", "no-preference")
	b.load("file:///tmp/course.html")
	time.Sleep(time.Second)
	shot("course")
	b.size(900, 1000, "dark", "no-preference")
	b.load("file:///tmp/course.html#burst?lesson=the-burst&t=20")
	time.Sleep(time.Second)
	shot("course-dark")
	b.size(400, 800, "light", "no-preference")
	b.load("file:///tmp/course.html")
	time.Sleep(time.Second)
	shot("course-400")
	b.quiet()
}
