package verify

// Case is a claim as the rules see it: what is said, and what stands around it. The feature that files fills it in;
// what is nil, zero or empty is not known, and a rule that needs it says nothing.
type Case struct {
	Payment  *PaymentCase
	Contract *ContractCase
	Visit    *VisitCase
	Proof    ProofCase
	Pace     int64 // verdicts on projects and money that the reviewer gave in the hour before theirs
}

// PaymentCase is money said to have been received. Amounts are fen.
type PaymentCase struct {
	Amount     int64
	ReceivedOn string
	Payer      string
	Payee      string
	SameNumber int64  // other payments that name the same voucher or invoice
	Back       int64  // of it went back to the payer or its kin
	BackOn     string // the day it went
	Contract   int64
	SignedOn   string
	Registered string // the day the project's company was registered here
	EndedOn    string // the day the project was ended or lost
	Total      int64  // received with this payment
	Payments   int64  // with this one
	Amounts    []int64
	Year       int64 // received in the calendar year, with this payment
	December   int64 // of it in December
	Target     int64 // of the unit for the year
	UnitYear   int64 // what the unit received in the year, with this payment
	Built      int64 // per cent of the work done, by the last progress sheet
	HasBuilt   bool
	PowerFlat  bool // the last progress sheets show no electricity and no insured staff
}

// ContractCase is a signed contract. Amounts are fen.
type ContractCase struct {
	Amount    int64
	SignedOn  string
	Capital   int64  // registered, of the lead investor
	FoundedOn string // of the project's company, else of the lead investor
	SameDoor  int64  // other companies registered at its address
	SameName  int64  // projects elsewhere whose name is the same but for spelling
	Alike     []AlikeContract
}

// AlikeContract is another contract of the same lead investor.
type AlikeContract struct {
	Amount   int64
	SignedOn string
}

// VisitCase is one visit.
type VisitCase struct {
	Day      string
	SameDay  int64 // visits of the officer on the day, with this one
	Near     []Stop
	At       *Stop
	Said     string
	Texts    []string // what the officer wrote of other companies of late
	Phone    int64    // other companies that name the counterpart's phone
	Firsts   []FirstVisit
	Skew     int64 // seconds the phone's clock was off
	IsFirst  bool
	ByTeamOf string // the unit that sent the team
}

// Stop is where and when a visit was: millionths of a degree, minutes of the day.
type Stop struct {
	Lng, Lat int64
	Minute   int64
}

// FirstVisit is a first visit of the same company said by another unit.
type FirstVisit struct {
	Unit string
	Day  string
}

// ProofCase is what the evidence shows.
type ProofCase struct {
	SameFile int64 // records of others that show the same file
	Pictures []PictureCase
	On       string // the day that the claim is about
}

// PictureCase is one picture of the evidence.
type PictureCase struct {
	Name    string
	TakenOn string  // by its own date, empty when it says none
	Alike   []int64 // bits in which pictures of others differ from it
}
