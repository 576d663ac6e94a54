package simnettest_test

import (
	"io"
	"net"
	"testing"
	"time"

	"wspsim/netmodel"
	"wspsim/netmodel/simnet"
	"wspsim/netmodel/simnet/simnettest"
)

func serve(l net.Listener) error {
	for {
		c, err := l.Accept()
		if err != nil {
			return err
		}
		time.Sleep(50 * time.Millisecond)
		io.WriteString(c, "hello")
		c.Close()
	}
}

func TestEveryoneIsServed(t *testing.T) {
	config := simnet.Config{Profile: netmodel.Windows(), Backlog: 5}
	simnettest.Run(t, config, func(t *simnettest.T) {
		l, err := t.Net.Listen("tcp", "server:80")
		if err != nil {
			t.Fatal(err)
		}
		go serve(l)
		for _, err := range t.Burst(20, 10*time.Millisecond, func(d *simnet.Dialer) error {
			start := time.Now()
			c, err := d.Dial("tcp", "server:80")
			if err != nil {
				return err
			}
			defer c.Close()
			_, err = io.ReadAll(c)
			if d := time.Since(start); d > 1500*time.Millisecond {
				t.Errorf("took %v", d)
			}
			return err
		}) {
			t.Error(err)
		}
	})
}
