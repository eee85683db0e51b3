-- name: all()
SELECT to_jsonb(c) AS client FROM clients c ORDER BY client_id

-- name: put(clients)
-- Writes columns of clients, old and new. clients: JSON array of {client_id, cells}.
SELECT cicero_put_client(client_id, cells)
FROM jsonb_to_recordset(CAST(:clients AS jsonb)) AS c (client_id varchar, cells jsonb)
ORDER BY client_id
