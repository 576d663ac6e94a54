package compat

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"
	"github.com/emersion/go-smtp"
)

// postOffice is a backend for a go-smtp server. It accepts mail for every user except "nobody".
type postOffice struct {
	mu    sync.Mutex
	mails []string
}

func (p *postOffice) NewSession(*smtp.Conn) (smtp.Session, error) { return &errand{office: p}, nil }

// errand is one session with a post office.
type errand struct {
	office *postOffice
	from   string
	to     []string
}

func (e *errand) Reset()        { e.from, e.to = "", nil }
func (e *errand) Logout() error { return nil }

func (e *errand) Mail(from string, _ *smtp.MailOptions) error {
	e.from = from
	return nil
}

func (e *errand) Rcpt(to string, _ *smtp.RcptOptions) error {
	if strings.HasPrefix(to, "nobody@") {
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such user"}
	}
	e.to = append(e.to, to)
	return nil
}

func (e *errand) Data(r io.Reader) error {
	b, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	e.office.mu.Lock()
	defer e.office.mu.Unlock()
	e.office.mails = append(e.office.mails, fmt.Sprintf("%s to %s: %d bytes", e.from, strings.Join(e.to, " and "), len(b)))
	return nil
}

// serveMail starts a server of go-smtp, and returns its post office and a client.
func (s scene) serveMail() (*postOffice, *smtp.Client) {
	s.Helper()
	office := new(postOffice)
	server := smtp.NewServer(office)
	server.Domain, server.ErrorLog, server.ReadTimeout = "server", quiet, 10*time.Second
	s.serve(server.Serve, func() { _ = server.Close() })
	client := smtp.NewClient(s.connect())
	s.must("Hello", client.Hello("client"))
	return office, client
}

func TestSMTPDeliversMailAndRefusesAStranger(t *testing.T) {
	in(t, everywhere, func(s scene) {
		office, client := s.serveMail()
		began := time.Now()
		s.must("Mail", client.Mail("a@client", nil))
		var refusal *smtp.SMTPError
		if err := client.Rcpt("nobody@server", nil); !errors.As(err, &refusal) || refusal.Code != 550 {
			s.Errorf("Rcpt of a stranger: got %v, want code 550", err)
		}
		s.must("Rcpt", client.Rcpt("b@server", nil))
		s.must("Rcpt", client.Rcpt("c@server", nil))
		w, err := client.Data()
		s.must("Data", err)
		_, err = io.WriteString(w, strings.Repeat("a line of some length\r\n", 10_000)) // four windows
		s.must("writing the mail", err)
		s.must("the end of the mail", w.Close())
		s.must("Quit", client.Quit())
		s.tookAtLeast("seven commands", began, 7*roundTrip)
		office.mu.Lock()
		defer office.mu.Unlock()
		checkValue(s.T, "mails", strings.Join(office.mails, ", "), "a@client to b@server and c@server: 230000 bytes")
	})
}

// A client that says nothing is sent away: the server's own deadline ends its Read.
func TestAnSMTPServerSendsAnIdleClientAway(t *testing.T) {
	in(t, []place{bubble}, func(s scene) {
		_, client := s.serveMail()
		began := time.Now()
		time.Sleep(11 * time.Second)
		if err := client.Noop(); err == nil {
			s.Errorf("Noop after %v of silence: got nil, want an error: the server's timeout is 10s", time.Since(began))
		}
	})
}

// serveMailbox starts a server of go-imap that keeps mailboxes in memory, and returns
// a client that has logged in.
func (s scene) serveMailbox() *imapclient.Client {
	s.Helper()
	user := imapmemserver.NewUser("gopher", "secret")
	s.must("Create", user.Create("INBOX", nil))
	memory := imapmemserver.New()
	memory.AddUser(user)
	server := imapserver.New(&imapserver.Options{
		NewSession: func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			return memory.NewSession(), nil, nil
		},
		InsecureAuth: true,
		Logger:       quiet,
		Caps:         imap.CapSet{imap.CapIMAP4rev1: {}, imap.CapIMAP4rev2: {}},
	})
	s.serve(server.Serve, func() { _ = server.Close() })
	client := imapclient.New(s.connect(), nil)
	s.Cleanup(func() { _ = client.Close() })
	s.must("the greeting", client.WaitGreeting())
	s.must("Login", client.Login("gopher", "secret").Wait())
	return client
}

// mailbox appends messages and fetches them.
func (s scene) mailbox(client *imapclient.Client, messages []string) {
	s.Helper()
	for _, m := range messages {
		a := client.Append("INBOX", int64(len(m)), nil)
		_, err := io.WriteString(a, m)
		s.must("Append", err)
		s.must("the end of Append", a.Close())
		_, err = a.Wait()
		s.must("the answer to Append", err)
	}
	selected, err := client.Select("INBOX", nil).Wait()
	s.must("Select", err)
	checkValue(s.T, "messages in the mailbox", int(selected.NumMessages), len(messages))
	var all imap.SeqSet
	all.AddRange(1, 0)
	whole := &imap.FetchItemBodySection{}
	got, err := client.Fetch(all, &imap.FetchOptions{BodySection: []*imap.FetchItemBodySection{whole}}).Collect()
	s.must("Fetch", err)
	for i, m := range got {
		checkValue(s.T, "a message", string(m.FindBodySection(whole)), messages[i])
	}
}

func TestIMAPKeepsMessagesAndLetsAClientIdle(t *testing.T) {
	const message = "Subject: simnet\r\n\r\nIt works.\r\n"
	in(t, everywhere, func(s scene) {
		client := s.serveMailbox()
		began := time.Now()
		s.mailbox(client, []string{message, message + strings.Repeat("Really.\r\n", window/4)})
		s.tookAtLeast("two appends in two steps each, a select and a fetch", began, 6*roundTrip)
		idle, err := client.Idle()
		s.must("Idle", err)
		time.Sleep(10 * time.Millisecond)
		s.must("the end of Idle", idle.Close())
		s.must("the answer to Idle", idle.Wait())
		s.must("Logout", client.Logout().Wait())
	})
}
