package compat

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgproto3"
	"github.com/jackc/pgx/v5/pgxpool"
)

// serveEach runs a function for each connection of the listener.
func (s scene) serveEach(serve func(net.Conn)) {
	s.serve(func(l net.Listener) error {
		var over sync.WaitGroup
		defer over.Wait()
		for {
			c, err := l.Accept()
			if err != nil {
				return err
			}
			over.Go(func() {
				defer c.Close()
				serve(c)
			})
		}
	}, func() { _ = s.listener.Close() })
}

// fakePostgres is a backend that answers each query with its text, after as many
// milliseconds as "sleep" asks for.
func fakePostgres(c net.Conn) {
	b := pgproto3.NewBackend(c, c)
	if _, err := b.ReceiveStartupMessage(); err != nil {
		return
	}
	b.Send(&pgproto3.AuthenticationOk{})
	b.Send(&pgproto3.ParameterStatus{Name: "standard_conforming_strings", Value: "on"})
	b.Send(&pgproto3.ParameterStatus{Name: "client_encoding", Value: "UTF8"})
	b.Send(&pgproto3.BackendKeyData{ProcessID: 1, SecretKey: []byte{0, 0, 0, 1}})
	b.Send(&pgproto3.ReadyForQuery{TxStatus: 'I'})
	for b.Flush() == nil {
		m, err := b.Receive()
		if err != nil {
			return
		}
		q, ok := m.(*pgproto3.Query)
		if !ok { // Terminate
			return
		}
		switch {
		case q.String == "sleep":
			time.Sleep(time.Minute)
		case strings.HasPrefix(q.String, "bad"):
			b.Send(&pgproto3.ErrorResponse{Severity: "ERROR", Code: "42601", Message: "syntax error"})
			b.Send(&pgproto3.ReadyForQuery{TxStatus: 'I'})
			continue
		}
		b.Send(&pgproto3.RowDescription{Fields: []pgproto3.FieldDescription{{Name: []byte("echo"), DataTypeOID: 25, DataTypeSize: -1, TypeModifier: -1}}})
		b.Send(&pgproto3.DataRow{Values: [][]byte{[]byte(q.String)}})
		b.Send(&pgproto3.CommandComplete{CommandTag: []byte("SELECT 1")})
		b.Send(&pgproto3.ReadyForQuery{TxStatus: 'I'})
	}
}

// postgres returns the settings of a client of pgx.
func (s scene) postgres() *pgxpool.Config {
	s.Helper()
	c, err := pgxpool.ParseConfig("postgres://gopher@server:80/db?sslmode=disable&default_query_exec_mode=simple_protocol")
	s.must("ParseConfig", err)
	c.ConnConfig.DialFunc = s.client.DialContext
	c.ConnConfig.LookupFunc = func(_ context.Context, host string) ([]string, error) { return []string{host}, nil }
	return c
}

func TestPGXQueriesOverAPoolAndTellsErrorsApart(t *testing.T) {
	const clients = 8
	in(t, everywhere, func(s scene) {
		s.serveEach(fakePostgres)
		c := s.postgres()
		c.MaxConns = 3
		pool, err := pgxpool.NewWithConfig(s.Context(), c)
		s.must("NewWithConfig", err)
		s.Cleanup(pool.Close)
		began := time.Now()
		var all sync.WaitGroup
		for i := range clients {
			all.Go(func() {
				q, got := fmt.Sprint("select ", i, strings.Repeat(" ", i*window/4)), ""
				if err := pool.QueryRow(s.Context(), q).Scan(&got); err != nil || got != q {
					s.Errorf("query %d: got %d bytes, %v, want the %d that were sent", i, len(got), err, len(q))
				}
			})
		}
		all.Wait()
		s.tookAtLeast("a connect, the login, and three turns of queries", began, 5*roundTrip)
		if got := pool.Stat().TotalConns(); got > c.MaxConns {
			s.Errorf("connections of the pool: got %d, want %d at most", got, c.MaxConns)
		}
		if _, err := pool.Exec(s.Context(), "bad sql"); err == nil || !strings.Contains(err.Error(), "42601") {
			s.Errorf("an error of the server: got %v, want its code", err)
		}
	})
}

func TestAPGXQueryEndsWithItsContextAndARefusalIsOne(t *testing.T) {
	const patience = 50 * time.Millisecond
	in(t, []place{bubble}, func(s scene) {
		s.serveEach(fakePostgres)
		conn, err := pgx.ConnectConfig(s.Context(), s.postgres().ConnConfig)
		s.must("Connect", err)
		ctx, cancel := context.WithTimeout(s.Context(), patience)
		defer cancel()
		began := time.Now()
		if _, err := conn.Exec(ctx, "sleep"); !errors.Is(err, context.DeadlineExceeded) {
			s.Errorf("a query that takes too long: got %v, want %v", err, context.DeadlineExceeded)
		}
		s.tookAtLeast("waiting", began, patience)
		c := s.postgres().ConnConfig
		c.Port = 81
		if _, err := pgx.ConnectConfig(s.Context(), c); !errors.Is(err, syscall.ECONNREFUSED) {
			s.Errorf("Connect where nobody listens: got %v, want %v", err, syscall.ECONNREFUSED)
		}
	})
}

// packets are what MySQL's protocol consists of.
type packets struct {
	net.Conn
	number byte
}

func (p *packets) read() ([]byte, error) {
	var head [4]byte
	if _, err := io.ReadFull(p.Conn, head[:]); err != nil {
		return nil, err
	}
	p.number = head[3] + 1
	b := make([]byte, int(head[0])|int(head[1])<<8|int(head[2])<<16)
	_, err := io.ReadFull(p.Conn, b)
	return b, err
}

func (p *packets) write(b []byte) {
	head := []byte{byte(len(b)), byte(len(b) >> 8), byte(len(b) >> 16), p.number}
	p.number++
	_, _ = p.Write(append(head, b...)) // the next read tells
}

// lengthEncoded appends a string with its length, up to 64 KiB.
func lengthEncoded(b []byte, s string) []byte {
	if len(s) < 251 {
		return append(append(b, byte(len(s))), s...)
	}
	return append(binary.LittleEndian.AppendUint16(append(b, 0xfc), uint16(len(s))), s...)
}

var (
	mysqlOK  = []byte{0, 0, 0, 2, 0, 0, 0}
	mysqlEOF = []byte{0xfe, 0, 0, 2, 0}
)

// fakeMySQL answers each query with its text.
func fakeMySQL(c net.Conn) {
	p := &packets{Conn: c}
	const capabilities = 1<<0 | 1<<3 | 1<<9 | 1<<13 | 1<<15 | 1<<19 // long password, with db, protocol 41, transactions, secure connection, plugin auth
	hello := append([]byte{10}, "8.0.0-fake\x00"...)
	hello = append(hello, 1, 0, 0, 0)
	hello = append(hello, "12345678\x00"...)
	hello = binary.LittleEndian.AppendUint16(hello, capabilities&0xffff)
	hello = append(hello, 45, 2, 0)
	hello = binary.LittleEndian.AppendUint16(hello, capabilities>>16)
	hello = append(hello, 21)
	hello = append(hello, make([]byte, 10)...)
	hello = append(hello, "123456789012\x00mysql_native_password\x00"...)
	p.write(hello)
	if _, err := p.read(); err != nil { // whoever it is
		return
	}
	p.write(mysqlOK)
	for {
		b, err := p.read()
		if err != nil || len(b) == 0 || b[0] == 1 { // COM_QUIT
			return
		}
		query := string(b[1:])
		switch {
		case b[0] != 3: // COM_QUERY
			p.write(mysqlOK)
		case strings.HasPrefix(query, "bad"):
			p.write(append([]byte{0xff, 0x28, 0x04}, "#42000syntax error"...)) // 1064
		default:
			p.write([]byte{1})
			column := lengthEncoded(nil, "def")
			for _, s := range []string{"", "", "", "echo", ""} {
				column = lengthEncoded(column, s)
			}
			p.write(append(column, 12, 45, 0, 0, 1, 0, 0, 253, 0, 0, 0, 0, 0)) // a VAR_STRING
			p.write(mysqlEOF)
			p.write(lengthEncoded(nil, query))
			p.write(mysqlEOF)
		}
	}
}

// openMySQL returns a database that the driver reaches over the network.
func (s scene) openMySQL(address string) *sql.DB {
	s.Helper()
	c := mysql.NewConfig()
	c.User, c.Net, c.Addr, c.DBName = "gopher", "tcp", address, "db"
	c.DialFunc = s.client.DialContext
	c.Logger = &mysql.NopLogger{}
	connector, err := mysql.NewConnector(c)
	s.must("NewConnector", err)
	db := sql.OpenDB(connector)
	s.Cleanup(func() {
		if err := db.Close(); err != nil {
			s.Errorf("Close of the database: got %v, want nil", err)
		}
	})
	return db
}

func TestMySQLQueriesShareThePoolOfDatabaseSQL(t *testing.T) {
	const clients = 8
	in(t, everywhere, func(s scene) {
		s.serveEach(fakeMySQL)
		db := s.openMySQL("server:80")
		db.SetMaxOpenConns(2)
		began := time.Now()
		var all sync.WaitGroup
		for i := range clients {
			all.Go(func() {
				q, got := fmt.Sprint("select ", i, strings.Repeat(" ", i*window/10)), ""
				if err := db.QueryRow(q).Scan(&got); err != nil || got != q {
					s.Errorf("query %d: got %d bytes, %v, want the %d that were sent", i, len(got), err, len(q))
				}
			})
		}
		all.Wait()
		s.tookAtLeast("a connect, the login, and four turns of queries", began, 6*roundTrip)
		if got := db.Stats().OpenConnections; got > 2 {
			s.Errorf("open connections: got %d, want 2 at most", got)
		}
		var e *mysql.MySQLError
		if _, err := db.Exec("bad sql"); !errors.As(err, &e) || e.Number != 1064 {
			s.Errorf("an error of the server: got %v, want number 1064", err)
		}
		if err := s.openMySQL("server:81").Ping(); !errors.Is(err, syscall.ECONNREFUSED) {
			s.Errorf("Ping where nobody listens: got %v, want %v", err, syscall.ECONNREFUSED)
		}
	})
}

// The driver asks a connection that was idle whether it still lives, but only one that
// is a syscall.Conn, as none of simnet is (conncheck.go, connCheck). So the first query
// after the end fails on simnet, where on a real network database/sql tries again.
func TestMySQLNoticesOnTheNextQueryThatAnIdleConnectionWasClosed(t *testing.T) {
	in(t, everywhere, func(s scene) {
		var mu sync.Mutex
		var conns []net.Conn
		s.serveEach(func(c net.Conn) {
			mu.Lock()
			conns = append(conns, c)
			mu.Unlock()
			fakeMySQL(c)
		})
		db := s.openMySQL("server:80")
		s.must("Ping", db.Ping())
		mu.Lock()
		_ = conns[0].Close()
		mu.Unlock()
		time.Sleep(10 * time.Millisecond)
		got := ""
		if err := db.QueryRow("select").Scan(&got); !errors.Is(err, mysql.ErrInvalidConn) {
			s.Errorf("the first query after the end: got %q, %v, want %v", got, err, mysql.ErrInvalidConn)
		}
		if err := db.QueryRow("select").Scan(&got); err != nil || got != "select" {
			s.Errorf("the second: got %q, %v, want %q, nil", got, err, "select")
		}
		mu.Lock()
		defer mu.Unlock()
		checkValue(s.T, "connections", len(conns), 2)
	})
}
