package people

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// DeviceLasts is how long a browser is known by which an operator signed in.
const DeviceLasts = SessionEnds * 4

// NewDevice is what a browser keeps by which an operator signed in, to tell it from
// those of strangers. It opens nothing, and holds until that operator has another password.
//
// stored is what is stored of the password: its salt makes it a key that nobody can guess.
func NewDevice(operator, stored string) string {
	return signDevice(string(NewToken()), operator, stored)
}

// IsDevice says whether a browser keeps what NewDevice gave it for this operator.
func IsDevice(device, operator, stored string) bool {
	id, _, _ := strings.Cut(device, ".")
	return stored != "" && hmac.Equal([]byte(device), []byte(signDevice(id, operator, stored)))
}

func signDevice(id, operator, stored string) string {
	mac := hmac.New(sha256.New, []byte(stored))
	mac.Write([]byte("samenloop device\x00" + operator + "\x00" + id))
	return id + "." + hex.EncodeToString(mac.Sum(nil))
}
