// Package recording has a run of a network as plain data: who ran what, and all that happened,
// with names in place of numbers. Pages and tests keep it; the simulator of a page answers with it.
//
//   - run.go has the data, wire.go its JSON.
//   - recorder.go takes a run from a network.
package recording

// MaxRecords is the most records that a page may hold, of all its runs. The player draws
// at most 60 times a second, and a page of that many has about 2 MB.
const MaxRecords = 40_000

// Run is one run as plain data: who ran what, and all that happened. Times are nanoseconds
// of virtual time.
type Run struct {
	Model    string // netmodel.ModelVersion
	Hash     string // of all records, 16 hexadecimal digits
	Scenario string
	Summary  string // a line about the scenario
	Question string // what to predict
	Changed  string // knobs with other values than the question is written for: "clients=200, workers=4"
	Profile  string // of the server
	Label    string // what the page calls the run beside others; "" = by its profile
	Long     string // what a person calls the profile
	Clients  string // the profile of the clients, "" = that of the server
	Seed     string // decimal: a number of JSON holds 53 bits
	Command  string // the command line that runs it again
	Knobs    []Setting
	Figures  []Figure

	Backlog     int   // the argument of the last listen on the first socket
	InForce     int   // what the system made of it
	Limit       int   // the most connections that may be pending
	Descriptors int   // how many the server's program may have, 0 = no limit
	Workers     int   // of the server's program, -1 = not known
	Separate    bool  // half-open connections have a queue of their own
	End         int64 // when the run ended

	Names         []string // the clients, in the order of their ids
	Records       []Record
	Transmissions []Transmission
	Results       []Result
	Rules         []Rule // those that the records cite
}

// Setting is a knob of the scenario with its value.
type Setting struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Figure is a statistic of the run, named as in the JSON of the command:
// "listener.refused_syns".
type Figure struct {
	Name  string `json:"name"`
	Value int64  `json:"value"`
}

// Rule is a rule that a record cites.
type Rule struct {
	ID     string `json:"id"`
	Claim  string `json:"claim"`
	Source string `json:"source"`
}

// Record is one thing that happened: a netmodel.Record with names.
type Record struct {
	At      int64
	Kind    string // as in the JSON lines of the command: "request_refused"
	Host    string
	Client  int // place in Run.Names, 1 for the first; 0 for nobody
	Attempt int // of the client, 1 for the first
	Cause   string
	Rule    string
	Call    string
	Errno   string
	FD      int
	Value   int64

	// The queue after it, for records about a listener.
	Pending, Limit, Available, HalfOpen int
}

// Transmission is one segment that a host sent.
type Transmission struct {
	Sent, Arrives int64 // equal if it is lost
	From, To      string
	Client        int // place in Run.Names, 1 for the first; 0 for nobody
	Attempt       int
	Kind          string // "SYN", "SYN-ACK", "ACK", "data", "FIN", "RST"
	Seq           uint32 // relative to the first one that this host sent on the connection
	Len           uint32 // bytes of data
	Lost          string // why it does not arrive, "" if it does
}

// Result is how an attempt ended.
type Result struct {
	Client   int
	Attempt  int
	Outcome  string
	Progress string // how far it has come, if the outcome is pending
	Began    int64
	At       int64 // when it was decided
}
