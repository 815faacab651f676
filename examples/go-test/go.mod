module example.com/webhook

go 1.26.0

require github.com/outlocal/outlocal v0.0.0

require (
	github.com/go-jose/go-jose/v4 v4.1.8 // indirect
	github.com/google/uuid v1.6.0 // indirect
	github.com/gorilla/mux v1.8.1 // indirect
)

replace github.com/outlocal/outlocal => ../..
