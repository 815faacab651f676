# outlocal exec --http -- sh session.sh
set -e
outlocal subscribe "${WEBHOOK_URL:-http://localhost:3000/hook}" --resource me/messages --change created # your app does this
curl -sS --fail-with-body "$OUTLOCAL_CONTROL_URL/changes" -H 'Content-Type: application/json' \
  -d '{"collection": "message", "change": "created", "count": 2}'
curl -sS --fail-with-body "$OUTLOCAL_CONTROL_URL/handled?count=2&within=5s"
