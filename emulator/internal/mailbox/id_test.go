package mailbox

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/outlocal/outlocal/notify"
)

// published reads the ids that the service itself wrote.
func published(tb testing.TB) (ids []string, meanings []string) {
	tb.Helper()
	file, err := os.ReadFile("testdata/ids.txt")
	if err != nil {
		tb.Fatal(err)
	}
	for line := range strings.Lines(string(file)) {
		if id, meaning, ok := strings.Cut(strings.TrimSpace(line), " "); ok && id != "#" {
			ids, meanings = append(ids, id), append(meanings, meaning)
		}
	}
	if len(ids) == 0 {
		tb.Fatal("testdata/ids.txt holds no id")
	}
	return ids, meanings
}

// rules: W4.7-02 W4.7-03 W4.7-04
func TestPublishedIDsAreUnderstood(t *testing.T) {
	ids, meanings := published(t)
	for i, text := range ids {
		id, err := parseID(text)
		if err != nil {
			t.Fatalf("parseID(%s): %v", text, err)
		}
		if got := fmt.Sprintf("%s %#x %#x", id.mailbox, id.folder.counter, id.item.counter); got != meanings[i] {
			t.Errorf("%s means %s, want %s", text, got, meanings[i])
		}
		if id.folder.replica != id.item.replica {
			t.Errorf("folder and item have replicas %s and %s", id.folder.replica, id.item.replica)
		}
		if again := base64.URLEncoding.EncodeToString(compress(id.bytes())); again != text {
			t.Errorf("compressed again:\n%s, want\n%s", again, text)
		}
	}
}

// sample is the published id's content, written out.
func sample() entryID {
	replica := uuid.MustParse("c4b51ee0-4782-3a42-b0c4-e4ec1dc30ce2")
	return entryID{
		mailbox: "2429e037-2280-429a-9e29-4682d25141d6", provider: uuid.MustParse("cacdd3fe-43ae-d248-8de8-99b85997ce1c"),
		folder: entry{replica, 0x010c}, item: entry{replica, 0x0579},
	}
}

// rules: W4.7-01 W4.7-03 W4.7-04
func TestIDsHaveTheServicesLayout(t *testing.T) {
	const head = "00032400" + "32343239653033372d323238302d343239612d396532392d343638326432353134316436" + "00"
	const provider, replica = "cacdd3fe43aed2488de899b85997ce1c", "c4b51ee047823a42b0c4e4ec1dc30ce2"
	folder := sample()
	folder.item = entry{}
	for _, tt := range []struct {
		name           string
		id             entryID
		length, digits int
		want           string
	}{
		{"item", sample(), 113, 152, head + "4600" + "00000000" + provider + "0700" + replica + "00000000010c0000" + replica + "0000000005790000"},
		{"folder", folder, 89, 120, head + "2e00" + "00000000" + provider + "0100" + replica + "00000000010c0000"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := hex.EncodeToString(tt.id.bytes()); got != tt.want {
				t.Errorf("bytes\n%s, want\n%s", got, tt.want)
			}
			text := tt.id.String()
			if len(tt.id.bytes()) != tt.length || len(text) != tt.digits {
				t.Errorf("%d bytes, %d characters; want %d, %d", len(tt.id.bytes()), len(text), tt.length, tt.digits)
			}
			if got, err := parseID(text); err != nil || got != tt.id {
				t.Errorf("read again: %+v, %v", got, err)
			}
		})
	}
}

// rules: W4.7-05
func TestIDsBeginAsTheirMailboxDoes(t *testing.T) {
	for _, digit := range "0123456789abcdef" {
		id := sample()
		id.mailbox = string(digit) + id.mailbox[1:]
		want := "AAMkAD"
		if digit >= 'a' {
			want = "AAMkAG"
		}
		if got := id.String(); !strings.HasPrefix(got, want) {
			t.Errorf("the id of mailbox %s begins %s, want %s", id.mailbox, got[:6], want)
		}
	}
}

func TestMalformedIDs(t *testing.T) {
	whole := sample().bytes()
	edited := func(at int, b byte) string {
		bad := bytes.Clone(whole)
		bad[at] = b
		return base64.URLEncoding.EncodeToString(bad)
	}
	coded := func(b ...byte) string { return base64.URLEncoding.EncodeToString(append([]byte{runLength}, b...)) }
	for _, tt := range []struct{ name, id string }{
		{"empty", ""},
		{"no base64", "garbage!"},
		{"base64 of something", "Z2FyYmFnZQ=="},
		{"cut", sample().String()[:148]},
		{"longer", sample().String() + "AAAA"},
		{"no padding", strings.TrimRight(sample().String(), "=")},
		{"another alphabet", strings.ReplaceAll(sample().String(), "-", "+")},
		{"another first byte", edited(0, 2)},
		{"another kind", edited(1, 4)},
		{"another length of the GUID", edited(2, 35)},
		{"no GUID", edited(4, 'x')},
		{"a GUID with capitals", edited(11, 'E')},
		{"another length of the rest", edited(41, 46)},
		{"flags", edited(44, 1)},
		{"neither item nor folder", edited(63, 1)},
		{"something in the pad", edited(112, 1)},
		{"a run without a count", coded('a', 'a')},
		{"a run beyond all bounds", coded('a', 'a', 255)},
		{"run-length coded nothing", coded()},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if id, err := parseID(tt.id); !errors.Is(err, ErrMalformedID) {
				t.Errorf("parseID(%q) = %+v, %v; want ErrMalformedID", tt.id, id, err)
			}
		})
	}
}

// rules: W4.7-02
func TestRunsOfAnyLength(t *testing.T) {
	for n := range 300 {
		b := append([]byte{plain}, bytes.Repeat([]byte{7}, n)...)
		b = append(b, 8, 8, 9)
		coded := compress(b)
		if n >= 2 && n <= 257 {
			if want := []byte{runLength, 7, 7, byte(n - 2), 8, 8, 0, 9}; !bytes.Equal(coded, want) {
				t.Fatalf("a run of %d is % x, want % x", n, coded, want)
			}
		}
		if got, err := expand(coded); len(b) <= itemID && (err != nil || !bytes.Equal(got, b)) {
			t.Fatalf("a run of %d comes back as % x, %v", n, got, err)
		}
	}
}

// rules: W4.7-10
func TestETagsHaveTheServicesLayout(t *testing.T) {
	long := etag(sample().item.replica, 0x04f5, notify.Messages)
	if want := "CQAAABYAAADEtR7gR4I6QrDE5OwdwwziAAAAAAT1"; long != want { // as published with the id
		t.Errorf("a message's etag is %s, want %s", long, want)
	}
	short := etag(uuid.MustParse("6659d6e1-1200-574e-8a61-8c25adf359bd"), 0x2865b06f, notify.Events)
	if want := "ZlnW4RIAV06KYYwlrfNZvQAAKGWwbw=="; short != want { // as Graph's documents print one
		t.Errorf("an event's etag is %s, want %s", short, want)
	}
}

func FuzzParseID(f *testing.F) {
	ids, _ := published(f)
	folder := sample()
	folder.item = entry{}
	for _, seed := range append(ids, sample().String(), folder.String(), "", "AQMk", "AAMkAD==") {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		id, err := parseID(text)
		if err != nil {
			if !errors.Is(err, ErrMalformedID) {
				t.Fatal(err)
			}
			return
		}
		for _, other := range []string{id.String(), base64.URLEncoding.EncodeToString(compress(id.bytes()))} {
			if again, err := parseID(other); err != nil || again != id {
				t.Errorf("%q read, written and read is %+v, %v; want %+v", text, again, err, id)
			}
		}
	})
}
